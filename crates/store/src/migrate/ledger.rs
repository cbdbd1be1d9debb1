//! What the database says about itself: which migrations were applied, and which one was cut.
//!
//! Two tables of the runner's own, which no migration makes or changes. `havre_schema` is as First light made it.
//! `havre_progress` has a row only while something is under way that the database cannot undo by itself.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::MigrateError;
use crate::dialect;
use crate::schema::{Migration, Migrations};
use crate::sql::{Link, Row, query};
use crate::text::migrate as text;

/// The runner's tables.
pub(crate) const TABLES: [&str; 2] = ["havre_schema", "havre_progress"];
/// The table that all is about.
pub(crate) const DEPLOYMENTS: &str = "deployments";

/// A migration that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) checksum: String,
    pub(crate) at: Option<DateTime<Utc>>,
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
    Adopt,
}

impl Way {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Adopt => "adopt",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        match word {
            "down" => Self::Down,
            "adopt" => Self::Adopt,
            _ => Self::Up,
        }
    }
}

/// Something that was begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) way: Way,
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) checksum: String,
    /// Steps that were done for sure; the one behind them may have been.
    pub(crate) done: u32,
    pub(crate) total: u32,
    /// Of an adoption: what the old table is called now.
    pub(crate) note: String,
}

impl Cut {
    /// The first migration, begun by a reset: what was there before is still to go.
    pub(crate) fn is_reset(&self) -> bool {
        self.note == super::reset::NOTE
    }

    pub(crate) fn error(&self) -> MigrateError {
        let what = match self.way {
            Way::Adopt => text::CUT_ADOPTION.to_owned(),
            Way::Up if self.is_reset() => crate::text::admin::CUT_RESET.to_owned(),
            way => text::cut_migration(&text::revision(self.version, &self.name), way == Way::Up),
        };
        MigrateError::Cut {
            what,
            done: self.done,
            total: self.total,
        }
    }
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    /// Names of all tables and views.
    pub(crate) tables: BTreeSet<String>,
    /// In order.
    pub(crate) applied: Vec<Applied>,
    /// A migration that was cut, and an adoption that was.
    pub(crate) cuts: Vec<Cut>,
}

impl Ledger {
    /// Reads it.
    pub(crate) async fn read(link: &mut Link<'_>) -> Result<Self, sqlx::Error> {
        let names = dialect::introspect::table_names(link).await?;
        let mut ledger = Self {
            tables: names.into_iter().collect(),
            ..Self::default()
        };
        if ledger.tables.contains(TABLES[0]) {
            let rows = query(
                "SELECT version, name, checksum, applied_at FROM havre_schema ORDER BY version",
            )
            .fetch_all(link.again())
            .await?;
            ledger.applied = rows.iter().map(applied).collect::<Result<_, _>>()?;
        }
        if ledger.tables.contains(TABLES[1]) {
            let rows = query(
                "SELECT what, version, name, checksum, done, total, note FROM havre_progress ORDER BY what",
            )
            .fetch_all(link.again())
            .await?;
            ledger.cuts = rows.iter().map(cut).collect::<Result<_, _>>()?;
        }
        Ok(ledger)
    }

    /// The version that the database is at; in the middle of a migration the one below.
    pub(crate) fn version(&self) -> u32 {
        self.applied.last().map_or(0, |applied| applied.version)
    }

    /// The migration that was cut.
    pub(crate) fn cut_migration(&self) -> Option<&Cut> {
        self.cuts.iter().find(|cut| cut.way != Way::Adopt)
    }

    /// The adoption that was cut.
    pub(crate) fn cut_adoption(&self) -> Option<&Cut> {
        self.cuts.iter().find(|cut| cut.way == Way::Adopt)
    }

    /// Havre has been here.
    pub(crate) fn is_ours(&self) -> bool {
        !self.applied.is_empty() || !self.cuts.is_empty()
    }

    /// The database holds a table that looks like the original's.
    pub(crate) fn has_foreign_deployments(&self) -> bool {
        !self.is_ours() && self.tables.contains(DEPLOYMENTS)
    }

    /// A table of something else, in a database where Havre has never been. What Alembic leaves in an empty database is
    /// no reason to stay away.
    pub(crate) fn foreign_table(&self) -> Option<&str> {
        if self.is_ours() || self.tables.contains(TABLES[0]) {
            return None;
        }
        let harmless = |table: &&String| {
            *table != "alembic_version"
                && *table != TABLES[1]
                && !dialect::bulk::is_of_restore(table)
        };
        self.tables.iter().find(harmless).map(String::as_str)
    }

    /// Every migration that was applied is known, and is the one that is known.
    pub(crate) fn check(&self, migrations: &Migrations) -> Result<(), MigrateError> {
        for (applied, wanted) in self.applied.iter().zip(1..) {
            if applied.version != wanted {
                return Err(MigrateError::Refused(text::gap(wanted)));
            }
            same(migrations, wanted, &applied.name, &applied.checksum)?;
        }
        if let Some(cut) = self.cut_migration() {
            same(migrations, cut.version, &cut.name, &cut.checksum)?;
        }
        Ok(())
    }
}

fn same(
    migrations: &Migrations,
    version: u32,
    name: &str,
    checksum: &str,
) -> Result<(), MigrateError> {
    let Some(known) = migrations.get(version) else {
        return Err(MigrateError::Newer {
            found: version,
            known: migrations.newest(),
        });
    };
    if !known.accepts(checksum) {
        return Err(MigrateError::Changed {
            version,
            recorded: text::revision(version, name),
            known: known.to_string(),
        });
    }
    Ok(())
}

fn applied(row: &Row) -> Result<Applied, sqlx::Error> {
    let at = row.int_opt("applied_at")?;
    Ok(Applied {
        version: number(row, "version")?,
        name: row.text_opt("name")?.unwrap_or_default(),
        checksum: row.text_opt("checksum")?.unwrap_or_default(),
        at: at.and_then(DateTime::from_timestamp_micros),
    })
}

fn cut(row: &Row) -> Result<Cut, sqlx::Error> {
    Ok(Cut {
        way: Way::of(&row.text_opt("what")?.unwrap_or_default()),
        version: number(row, "version")?,
        name: row.text_opt("name")?.unwrap_or_default(),
        checksum: row.text_opt("checksum")?.unwrap_or_default(),
        done: number(row, "done")?,
        total: number(row, "total")?,
        note: row.text_opt("note")?.unwrap_or_default(),
    })
}

/// A number that nobody but us should have written; what cannot be one is beyond all that are known.
fn number(row: &Row, column: &str) -> Result<u32, sqlx::Error> {
    let number = row.int_opt(column)?.unwrap_or_default();
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Makes the runner's tables, where they are not there.
pub(crate) async fn make_tables(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    for statement in dialect::ledger_tables(link.dialect()) {
        link.again().run_script(statement).await?;
    }
    Ok(())
}

/// Writes down that a migration was applied.
pub(crate) async fn record(
    link: &mut Link<'_>,
    migration: &Migration,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    // A downgrade that was cut and turned back finds its row still there.
    erase(link, migration.version).await?;
    query("INSERT INTO havre_schema (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)")
        .bind(migration.version)
        .bind(&migration.name)
        .bind(migration.checksum())
        .bind(now.timestamp_micros())
        .execute(link.again())
        .await
        .map(drop)
}

/// Writes down that a migration was undone.
pub(crate) async fn erase(link: &mut Link<'_>, version: u32) -> Result<(), sqlx::Error> {
    query("DELETE FROM havre_schema WHERE version = ?")
        .bind(version)
        .execute(link.again())
        .await
        .map(drop)
}

/// Writes down that something is being done, and how far it is. Inside a transaction of the caller: it takes the place of
/// what was under way the other way.
pub(crate) async fn save_cut(
    link: &mut Link<'_>,
    cut: &Cut,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let before = match cut.way {
        Way::Adopt => vec![Way::Adopt],
        Way::Up | Way::Down => vec![Way::Up, Way::Down],
    };
    for way in before {
        end_cut(link, way).await?;
    }
    query(
        "INSERT INTO havre_progress (what, version, name, checksum, done, total, note, begun_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(cut.way.word())
    .bind(cut.version)
    .bind(&cut.name)
    .bind(&cut.checksum)
    .bind(cut.done)
    .bind(cut.total)
    .bind(&cut.note)
    .bind(now.timestamp_micros())
    .execute(link.again())
    .await
    .map(drop)
}

/// Writes down that one more step is done.
pub(crate) async fn advance(link: &mut Link<'_>, way: Way, done: u32) -> Result<(), sqlx::Error> {
    query("UPDATE havre_progress SET done = ? WHERE what = ?")
        .bind(done)
        .bind(way.word())
        .execute(link.again())
        .await
        .map(drop)
}

/// Writes down that it is over.
pub(crate) async fn end_cut(link: &mut Link<'_>, way: Way) -> Result<(), sqlx::Error> {
    query("DELETE FROM havre_progress WHERE what = ?")
        .bind(way.word())
        .execute(link.again())
        .await
        .map(drop)
}
