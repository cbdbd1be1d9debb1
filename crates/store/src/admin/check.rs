//! `havre db check`: looks through everything and names what is wrong, where, and what to do. Changes nothing.
//!
//! Rows are read as they come, so memory is bounded, and all of them as they were at one moment; a server may go on.

mod drift;
mod findings;
mod links;
mod rows;
mod sealed;

use serde::Serialize;

use self::findings::Findings;
use super::{Admin, AdminError};
use crate::dialect::bulk::{begin_snapshot, end_snapshot};
use crate::dialect::{damage, is_damaged};
use crate::key::SecretKey;
use crate::migrate::ledger::Ledger;
use crate::migrate::{MigrateError, refuse};
use crate::schema::Migrations;
use crate::sql::Link;
use crate::text::admin as text;

/// How to look.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions<'k> {
    /// The key of the secrets; that there is none is a finding where something is encrypted.
    pub key: Option<&'k SecretKey>,
    /// The most findings that are listed: 1 to 10,000; all are counted.
    pub most: usize,
}

impl Default for CheckOptions<'_> {
    fn default() -> Self {
        Self {
            key: None,
            most: 100,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// What was looked at, in order.
    pub checks: Vec<Checked>,
    /// What is wrong, errors and warnings; the first ones, see [`CheckOptions::most`].
    pub findings: Vec<Finding>,
    /// All errors, listed or not.
    pub errors: u64,
    /// All warnings, listed or not.
    pub warnings: u64,
}

impl CheckReport {
    /// True when nothing is wrong. Warnings are no errors: Havre lives with them.
    pub fn is_clean(&self) -> bool {
        self.errors == 0
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What.
    pub what: CheckKind,
    /// False when it could not be looked at: tables or columns are missing.
    pub looked: bool,
    /// Errors and warnings.
    pub findings: u64,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// The files, by the database's own means.
    Integrity,
    /// The schema against the model of this program: columns, indexes, foreign keys.
    Schema,
    /// Foreign keys, and what refers to rows without one.
    References,
    /// Rows of the seed's table that cannot be read, or hold what their columns should not.
    Rows,
    /// Who holds which host label.
    Labels,
    /// Values that the key should open.
    Secrets,
}

impl CheckKind {
    /// All, in the order in which they are looked at.
    pub const ALL: [Self; 6] = [
        Self::Integrity,
        Self::Schema,
        Self::References,
        Self::Rows,
        Self::Labels,
        Self::Secrets,
    ];
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where it was found.
    pub what: CheckKind,
    /// An error, or something that Havre lives with.
    pub is_error: bool,
    /// The table; none when it is the whole database.
    pub table: Option<String>,
    /// The key of the row.
    pub row: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// What is wrong, and what to do, in words. Never the value of a secret.
    pub problem: String,
}

const MOST_LISTED: usize = 10_000;

/// Looks through everything. Needs [`Access::Look`](super::Access::Look).
///
/// # Errors
/// The database is not Havre's, or failed otherwise than by being damaged.
pub async fn check(
    admin: &mut Admin,
    options: CheckOptions<'_>,
) -> Result<CheckReport, AdminError> {
    let migrations = Migrations::embedded().map_err(MigrateError::from)?;
    let mut link = admin.link();
    let ledger = Ledger::read(&mut link).await?;
    refuse(&mut link, &ledger, &migrations).await?;
    if ledger.version() == 0 {
        return Err(AdminError::Refused(text::NO_SCHEMA.into()));
    }
    let mut findings = Findings::new(options.most.clamp(1, MOST_LISTED));
    integrity(&mut link, &ledger, &migrations, &mut findings).await?;
    begin_snapshot(&mut link).await?;
    let looked = look(&mut link, &ledger, &migrations, options, &mut findings).await;
    let ended = end_snapshot(&mut link).await;
    looked?;
    ended?;
    Ok(findings.report())
}

async fn integrity(
    link: &mut Link<'_>,
    ledger: &Ledger,
    migrations: &Migrations,
    findings: &mut Findings,
) -> Result<(), AdminError> {
    let ours = migrations.tables();
    let ours: Vec<String> = ledger.tables.intersection(&ours).cloned().collect();
    findings.begin(CheckKind::Integrity);
    let found = damage(link, &ours).await;
    for words in survived(found.map_err(AdminError::from), findings)?.unwrap_or_default() {
        findings.error(None, None, None, text::damaged(&words));
    }
    Ok(())
}

async fn look(
    link: &mut Link<'_>,
    ledger: &Ledger,
    migrations: &Migrations,
    options: CheckOptions<'_>,
    findings: &mut Findings,
) -> Result<(), AdminError> {
    findings.begin(CheckKind::Schema);
    let found = drift::look(link, ledger, migrations, findings).await;
    let found = survived(found, findings)?;
    // Statements about columns that are not there would only fail.
    if !found.unwrap_or(false) {
        return Ok(());
    }
    findings.begin(CheckKind::References);
    survived(links::references(link, findings).await, findings)?;
    findings.begin(CheckKind::Rows);
    survived(rows::look(link, findings).await, findings)?;
    findings.begin(CheckKind::Labels);
    survived(links::labels(link, findings).await, findings)?;
    findings.begin(CheckKind::Secrets);
    let looked = match options.key {
        Some(key) => sealed::look(link, key, findings).await,
        None => sealed::without_key(link, findings).await,
    };
    survived(looked, findings)?;
    Ok(())
}

/// A damaged file fails in the middle of a walk: that is a finding, and what else can be looked at is looked at.
fn survived<T>(
    looked: Result<T, AdminError>,
    findings: &mut Findings,
) -> Result<Option<T>, AdminError> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(AdminError::Database(error)) if is_damaged(&error) => {
            findings.error(None, None, None, text::damaged(&error.to_string()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
