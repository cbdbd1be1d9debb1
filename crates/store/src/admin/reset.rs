//! `havre db reset`: everything of Havre's goes, and an empty schema of this program stands there. Tables of other programs
//! stay. Making a backup first and asking for the database's name are the command's.
//!
//! Killed at any moment, the database is as it was or empty; on MySQL and MariaDB also in between, written down: `serve`
//! refuses it then, and the next `upgrade` or `reset` ends it. The key of the secrets is not kept in the database, and the
//! next server to open it writes down which key is its own.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Admin, AdminError};
use crate::dialect::{self, bulk};
use crate::migrate::ledger::{self, Ledger};
use crate::migrate::reset::Objection;
use crate::migrate::run::Run;
use crate::migrate::{MigrateError, refuse};
use crate::schema::Migrations;
use crate::sql::{Link, query};
use crate::text::admin as text;

/// How to reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResetOptions {
    /// Also while servers use the database (not on SQLite, where the file is locked) and while guests exist.
    pub force: bool,
}

/// What a reset would lose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ResetPreview {
    /// The version of the schema that is there; 0 when there is none.
    pub schema_version: u32,
    /// Havre's tables with their rows, by name; the empty ones too.
    pub tables: Vec<LostRows>,
    /// Rows of the seed's table.
    pub deployments: u64,
    /// Live deployments that Havre manages.
    pub managed: u64,
    /// Guests, which nobody would know of afterwards: they would go on using disk and memory.
    pub guests: u64,
    /// Servers that use the database at this moment: their names, or what they are. Never on SQLite, where the file's lock
    /// tells.
    pub servers: Vec<String>,
    /// Tables of other programs, which stay.
    pub kept: Vec<String>,
}

/// The rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostRows {
    /// Its name.
    pub table: String,
    /// How many.
    pub rows: u64,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ResetReport {
    /// What is gone.
    pub lost: ResetPreview,
    /// The version of the schema that is there now.
    pub schema_version: u32,
}

/// What [`reset`] would lose. Any [`Access`](super::Access) does.
///
/// # Errors
/// The database is not Havre's or is newer, or it failed.
pub async fn reset_preview(admin: &mut Admin) -> Result<ResetPreview, AdminError> {
    let now = admin.now().await?.timestamp_micros();
    let mut link = admin.link();
    // Between the tables of a reset that is under way there would be nothing to count.
    if !dialect::lock_out(&mut link).await? {
        return Err(MigrateError::Locked.into());
    }
    let preview = look(&mut link, now).await;
    let unlocked = dialect::let_in(&mut link).await;
    let preview = preview?;
    unlocked?;
    Ok(preview)
}

async fn look(link: &mut Link<'_>, now: i64) -> Result<ResetPreview, AdminError> {
    let migrations = Migrations::embedded().map_err(MigrateError::from)?;
    let ledger = may_be_reset(link, &migrations).await?;
    let ours = migrations.tables();
    let mut tables = Vec::new();
    for table in own(&ledger, &ours) {
        let rows = bulk::count(link, table).await?;
        tables.push(LostRows {
            table: table.clone(),
            rows,
        });
    }
    let rows = |name: &str| {
        let found = tables.iter().find(|lost| lost.table == name);
        found.map_or(0, |lost| lost.rows)
    };
    Ok(ResetPreview {
        schema_version: ledger.version(),
        deployments: rows("deployments"),
        managed: rows("names"),
        guests: rows("guests"),
        servers: servers(link, &ledger, now).await?,
        kept: kept(&ledger, &ours),
        tables,
    })
}

/// Drops Havre's tables and makes them again, empty. Needs [`Access::Alone`](super::Access::Alone): on SQLite no server can
/// come in meanwhile.
///
/// # Errors
/// As for [`reset_preview`]; a server uses the database or guests exist, and it is not forced. Nothing is changed then.
pub async fn reset(admin: &mut Admin, options: ResetOptions) -> Result<ResetReport, AdminError> {
    let migrations = Migrations::embedded().map_err(MigrateError::from)?;
    let lost = reset_preview(admin).await?;
    let now = admin.now().await?;
    let guard = Guard {
        force: options.force,
        now: now.timestamp_micros(),
    };
    let run = Run {
        migrations: &migrations,
        now,
    };
    run.reset(&mut admin.link(), &guard).await?;
    Ok(ResetReport {
        lost,
        schema_version: migrations.newest(),
    })
}

/// Refuses what is not Havre's, or is newer. What was cut may be reset: that is a way out of it; but for an adoption, whose
/// old table would be left behind.
async fn may_be_reset(link: &mut Link<'_>, migrations: &Migrations) -> Result<Ledger, AdminError> {
    let ledger = Ledger::read(link).await?;
    if ledger.cut_migration().is_none() {
        refuse(link, &ledger, migrations).await?;
    }
    ledger.check(migrations)?;
    Ok(ledger)
}

fn own<'l>(ledger: &'l Ledger, ours: &BTreeSet<String>) -> impl Iterator<Item = &'l String> {
    let droppable = |table: &&String| ours.contains(*table) && !is_of_the_runner(table);
    ledger.tables.iter().filter(droppable)
}

fn is_of_the_runner(table: &str) -> bool {
    ledger::TABLES.contains(&table)
}

fn kept(ledger: &Ledger, ours: &BTreeSet<String>) -> Vec<String> {
    let others = |table: &&String| !ours.contains(*table) && !is_of_the_runner(table);
    ledger.tables.iter().filter(others).cloned().collect()
}

/// The names of the servers whose lease is not over: the one place where this is asked.
async fn servers(
    link: &mut Link<'_>,
    ledger: &Ledger,
    now: i64,
) -> Result<Vec<String>, sqlx::Error> {
    if !ledger.tables.contains("servers") || dialect::is_sole(link.dialect()) {
        return Ok(Vec::new());
    }
    let rows =
        query("SELECT name, worker FROM servers WHERE seen_until > ? ORDER BY name LIMIT 100")
            .bind(now)
            .fetch_all(link.again())
            .await?;
    rows.iter()
        .map(|row| {
            let name = row.text_opt("name")?.filter(|name| !name.is_empty());
            Ok(match name {
                Some(name) => name,
                None => row.text_opt("worker")?.unwrap_or_default(),
            })
        })
        .collect()
}

/// Looks once more, where nobody can change it any more.
struct Guard {
    force: bool,
    now: i64,
}

impl Objection for Guard {
    async fn look(
        &self,
        link: &mut Link<'_>,
        ledger: &Ledger,
    ) -> Result<Option<String>, sqlx::Error> {
        if self.force {
            return Ok(None);
        }
        let servers = servers(link, ledger, self.now).await?;
        if !servers.is_empty() {
            return Ok(Some(text::servers_use_it(&servers)));
        }
        if !ledger.tables.contains("guests") {
            return Ok(None);
        }
        let guests = bulk::count(link, "guests").await?;
        Ok((guests > 0).then(|| text::guests_exist(guests)))
    }
}
