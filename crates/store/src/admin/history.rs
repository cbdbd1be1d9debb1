//! `havre db history`, `havre db current`, and what the other commands ask first: which schema a database has.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::Admin;
use super::upgrade::load;
use crate::dialect::introspect::{self, Size};
use crate::migrate::ledger::{DEPLOYMENTS, Ledger};
use crate::migrate::{MigrateError, refuse, whole};
use crate::schema::{Op, Schema};

/// Which schema a database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// What it is.
    pub kind: SchemaKind,
    /// The version that it is at; 0 is none.
    pub version: u32,
    /// The name of that version: `0002_add_colour`; none at 0.
    pub name: Option<String>,
    /// The newest version that is known here.
    pub newest: u32,
    /// Migrations that are not applied yet, in order.
    pub pending: Vec<String>,
}

/// What a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaKind {
    /// It holds nothing: `upgrade` makes it.
    Empty,
    /// It is Havre's, and at the newest version.
    Current,
    /// It is Havre's, and migrations are pending.
    Behind,
    /// It holds the original's table: `upgrade` takes it over. Whose, in words.
    Original(&'static str),
    /// A migration or an adoption was cut: `upgrade` ends it. In words.
    Cut(String),
    /// Nothing can be done with it here. In words, with what to do.
    Refused(String),
}

/// One migration, in `history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number.
    pub version: u32,
    /// `0002_add_colour`.
    pub name: String,
    /// When it was applied; none while it is pending.
    pub applied_at: Option<DateTime<Utc>>,
    /// True when it is applied.
    pub applied: bool,
    /// What it does, step by step, in sentences.
    pub steps: Vec<String>,
    /// What its way up loses, in sentences.
    pub loses: Vec<String>,
}

/// Which schema the database has. `dir`: migrations besides those in the binary.
///
/// # Errors
/// The database failed, or `dir` holds no migrations; any schema is an answer.
pub async fn state(admin: &mut Admin, dir: Option<&PathBuf>) -> Result<SchemaState, MigrateError> {
    let migrations = load(dir)?;
    let ledger = Ledger::read(&mut admin.link()).await?;
    let version = ledger.version();
    let mut usable = refuse(&mut admin.link(), &ledger, &migrations).await;
    if usable.is_ok() {
        usable = whole::is_whole(&mut admin.link(), &ledger, &migrations).await;
    }
    let kind = match usable {
        Ok(()) if version == 0 => SchemaKind::Empty,
        Ok(()) if version < migrations.newest() => SchemaKind::Behind,
        Ok(()) => SchemaKind::Current,
        Err(MigrateError::NotAdopted(model)) => SchemaKind::Original(model),
        Err(error @ MigrateError::Cut { .. }) => SchemaKind::Cut(error.to_string()),
        Err(MigrateError::Database(error)) => return Err(MigrateError::Database(error)),
        Err(error) => SchemaKind::Refused(error.to_string()),
    };
    let above = migrations
        .all()
        .iter()
        .filter(|migration| migration.version > version);
    Ok(SchemaState {
        kind,
        version,
        name: migrations.get(version).map(ToString::to_string),
        newest: migrations.newest(),
        pending: above.map(ToString::to_string).collect(),
    })
}

/// All migrations, the oldest first; applied ones that are not known here stand last.
///
/// # Errors
/// As for [`state`].
pub async fn history(
    admin: &mut Admin,
    dir: Option<&PathBuf>,
) -> Result<Vec<HistoryEntry>, MigrateError> {
    let migrations = load(dir)?;
    let ledger = Ledger::read(&mut admin.link()).await?;
    let applied = |version: u32| ledger.applied.iter().find(|row| row.version == version);
    let known = migrations.all().iter().map(|migration| HistoryEntry {
        version: migration.version,
        name: migration.to_string(),
        applied_at: applied(migration.version).and_then(|row| row.at),
        applied: applied(migration.version).is_some(),
        steps: migration.up.iter().map(Op::sentence).collect(),
        loses: migration.up.iter().filter_map(Op::loses).collect(),
    });
    let unknown = ledger
        .applied
        .iter()
        .filter(|row| migrations.get(row.version).is_none());
    let unknown = unknown.map(|row| HistoryEntry {
        version: row.version,
        name: crate::text::migrate::revision(row.version, &row.name),
        applied_at: row.at,
        applied: true,
        steps: Vec::new(),
        loses: Vec::new(),
    });
    Ok(known.chain(unknown).collect())
}

/// What the database looks like: all its tables, others' too.
///
/// # Errors
/// The database failed.
pub async fn live_schema(admin: &mut Admin) -> Result<Schema, MigrateError> {
    Ok(introspect::read_schema(&mut admin.link()).await?)
}

/// How large the database and its tables are, as far as it knows without reading itself through.
///
/// # Errors
/// The database failed.
pub async fn size(admin: &mut Admin) -> Result<Size, MigrateError> {
    Ok(introspect::read_size(&mut admin.link()).await?)
}

/// True when the database holds a table of deployments, whoever made it.
///
/// # Errors
/// The database failed.
pub async fn has_deployments(admin: &mut Admin) -> Result<bool, MigrateError> {
    let ledger = Ledger::read(&mut admin.link()).await?;
    Ok(ledger.tables.contains(DEPLOYMENTS))
}
