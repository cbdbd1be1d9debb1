//! What a server does when it starts: a new database gets its schema, an older one of Havre's own its missing migrations.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::adopt::Original;
use super::ledger::{DEPLOYMENTS, Ledger};
use super::run::Run;
use super::whole::{has_ledger, is_whole};
use super::{MigrateError, back_up_file};
use crate::dialect::{self, introspect};
use crate::schema::Migrations;
use crate::sql::Link;

/// What was done at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BroughtUp {
    /// There was no schema of Havre's before.
    pub(crate) created: bool,
    /// Migrations that were applied.
    pub(crate) up: Vec<String>,
    /// Where the database was copied to before that.
    pub(crate) backup: Option<PathBuf>,
}

/// Brings the schema to the newest version, after a backup when there is something to lose. Never takes over a table of the
/// original, and goes near nothing that is not known.
///
/// `file`: the SQLite file, if it is one.
pub(crate) async fn bring_up(
    link: &mut Link<'_>,
    file: Option<&Path>,
    now: DateTime<Utc>,
) -> Result<BroughtUp, MigrateError> {
    let migrations = Migrations::embedded()?;
    let ledger = settled(link, &migrations).await?;
    refuse(link, &ledger, &migrations).await?;
    is_whole(link, &ledger, &migrations).await?;
    if ledger.version() == migrations.newest() {
        return Ok(BroughtUp::default());
    }
    let created = ledger.version() == 0;
    let backup = match file {
        Some(file) if !created => Some(back_up_file(link, file, now).await?),
        _ => None,
    };
    let run = Run {
        migrations: &migrations,
        now,
    };
    let done = run.go(link, migrations.newest()).await?;
    Ok(BroughtUp {
        created,
        up: done.up,
        backup,
    })
}

/// Refuses a database that [`bring_up`] would refuse, and changes nothing.
pub(crate) async fn is_known(link: &mut Link<'_>) -> Result<(), MigrateError> {
    let migrations = Migrations::embedded()?;
    let ledger = Ledger::read(link).await?;
    refuse(link, &ledger, &migrations).await
}

/// The ledger while nobody migrates: half-way, another program's migration looks like one that was cut, or like tables that
/// are nobody's.
pub(crate) async fn settled(
    link: &mut Link<'_>,
    migrations: &Migrations,
) -> Result<Ledger, MigrateError> {
    let ledger = Ledger::read(link).await?;
    if ledger.cuts.is_empty() && ledger.version() == migrations.newest() {
        return Ok(ledger);
    }
    if !dialect::lock_out(link).await? {
        return Err(MigrateError::Locked);
    }
    let ledger = Ledger::read(link).await;
    dialect::let_in(link).await?;
    Ok(ledger?)
}

/// Nothing is begun in a database that is not Havre's, or between two versions, or beyond this program.
pub(crate) async fn refuse(
    link: &mut Link<'_>,
    ledger: &Ledger,
    migrations: &Migrations,
) -> Result<(), MigrateError> {
    if let Some(cut) = ledger.cut_adoption().or(ledger.cut_migration()) {
        return Err(cut.error());
    }
    if ledger.tables.contains(dialect::bulk::RESTORE_MARK) {
        let words = crate::text::backup::CUT_RESTORE.to_owned();
        return Err(MigrateError::Refused(words));
    }
    has_ledger(link, ledger, migrations).await?;
    if ledger.has_foreign_deployments() {
        let live = introspect::read_schema(link).await?;
        let Some(table) = live.table(DEPLOYMENTS) else {
            return Err(MigrateError::ForeignTables(DEPLOYMENTS.into()));
        };
        let model = Original::recognise(table)?;
        return Err(MigrateError::NotAdopted(model.words()));
    }
    if let Some(table) = ledger.foreign_table() {
        return Err(MigrateError::ForeignTables(table.to_owned()));
    }
    ledger.check(migrations)
}
