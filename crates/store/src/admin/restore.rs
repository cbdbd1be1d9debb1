//! `havre db restore`: everything of a backup in the place of everything that is there, or nothing.
//!
//! First the file is read to its end ([`check`]), so that what cannot be restored is told before anything is changed. Then
//! it is read once more, and its rows go into new tables: inside one transaction where the database undoes a schema change
//! ([`at_once`]), else beside the present tables, with which they change places in one statement ([`shadow`]).

mod at_once;
mod check;
mod error;
mod plan;
mod shadow;
mod source;

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

pub use error::RestoreError;
pub(crate) use shadow::settle;

use super::Admin;
use super::backup::{OnProgress, Progress};
use crate::dialect;
use crate::migrate::MigrateError;
use crate::migrate::ledger::Ledger;
use crate::portable::Header;
use crate::schema::Migrations;
use crate::sql::Link;
use check::{Asked, Checked};
use plan::Plan;
use source::{Message, Wanted};

/// How to restore.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// The id of the key at hand (`SecretKey::id`); none where there is no key.
    pub key: Option<String>,
    /// Restore although there are values that this key does not open. They stay in the database, unreadable, and the
    /// database takes the key of the next server that opens it.
    pub without_key: bool,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// What the backup holds: tables, rows, schema, keys.
    pub header: Header,
    /// Migrations that were applied behind its schema.
    pub migrated: Vec<String>,
    /// The names of the first deployments with values that the key at hand does not open.
    pub unreadable: Vec<String>,
    /// How many such values there are.
    pub unreadable_values: u64,
    /// References that rows break, as they did in the database that was saved: `table -> table (rows)`. Only on SQLite.
    pub dangling: Vec<String>,
}

/// Parts of the file that wait to be loaded: memory is bounded.
const PARTS: usize = 2;

/// How many deployments the database holds, which a restore would replace; none when there is nothing of Havre's in it.
///
/// # Errors
/// It holds tables of something else, or a schema of a newer Havre.
pub async fn holds(db: &mut Admin, migrations: &Migrations) -> Result<Option<u64>, RestoreError> {
    let mut link = db.link();
    let ledger = may_be_replaced(&mut link, migrations).await?;
    if !ledger.tables.contains("deployments") {
        return Ok(None);
    }
    Ok(Some(dialect::bulk::count(&mut link, "deployments").await?))
}

/// Puts a backup into an empty database, or in the place of all that is Havre's in this one; tables of other programs stay.
/// The database is best opened with `Access::Alone`.
///
/// Killed or failed, the database is as it was before, or as it is after. On MySQL and MariaDB, killed in the short moment
/// behind the change of places, the next restore or upgrade makes what is left to be made.
///
/// # Errors
/// [`RestoreError`]; the database is as it was, unless it says otherwise.
pub async fn restore(
    db: &mut Admin,
    migrations: &Migrations,
    path: &Path,
    options: &RestoreOptions,
    progress: OnProgress<'_>,
) -> Result<RestoreReport, RestoreError> {
    let dialect = db.dialect();
    may_be_replaced(&mut db.link(), migrations).await?;
    let checked = check(path, migrations, dialect, options, progress).await?;
    let unreadable = names(path, &checked).await?;
    if checked.sealed.values > 0 && !options.without_key {
        return Err(RestoreError::OtherKey {
            wanted: checked.sealed.keys.into_iter().collect(),
            found: options.key.clone(),
            deployments: unreadable,
            values: checked.sealed.values,
        });
    }
    let plan = Plan {
        migrations,
        now: db.now().await?,
        version: checked.version,
        header: checked.header.clone(),
        progress,
    };
    let (done, checked) = load(db, plan, path, checked, dialect).await?;
    Ok(RestoreReport {
        header: checked.header,
        migrated: done.migrated,
        unreadable,
        unreadable_values: checked.sealed.values,
        dangling: done.dangling,
    })
}

/// Reads the file in a thread and loads what it gives.
async fn load(
    db: &mut Admin,
    plan: Plan<'_>,
    path: &Path,
    checked: Checked,
    dialect: dialect::Dialect,
) -> Result<(plan::Done, Checked), RestoreError> {
    let (outbox, inbox) = mpsc::channel(PARTS);
    let path = path.to_owned();
    let wanted = Wanted {
        dialect,
        // With no value that needs the other key, the database takes the one at hand.
        without_check: !checked.sealed.is_none(),
    };
    let reading = tokio::task::spawn_blocking(move || {
        let read = source::read(&path, &checked, &wanted, &outbox);
        (read, checked)
    });
    let loaded = alone(db, plan, inbox).await;
    let (read, checked) = reading.await.map_err(|_| RestoreError::Stopped)?;
    // What is wrong with the file comes before what its missing end did to the loading.
    read?;
    Ok((loaded?, checked))
}

/// With every other migrator kept out.
async fn alone(
    db: &mut Admin,
    plan: Plan<'_>,
    inbox: mpsc::Receiver<Message>,
) -> Result<plan::Done, RestoreError> {
    let mut link = db.link();
    if !dialect::lock_out(&mut link).await? {
        return Err(MigrateError::Locked.into());
    }
    let done = if dialect::rolls_back_schema(link.dialect()) {
        at_once::restore(&mut link, &plan, inbox).await
    } else {
        shadow::restore(&mut link, &plan, inbox).await
    };
    let unlocked = dialect::let_in(&mut link).await;
    let done = done?;
    unlocked?;
    Ok(done)
}

/// Only what is Havre's, or nothing, is replaced.
async fn may_be_replaced(
    link: &mut Link<'_>,
    migrations: &Migrations,
) -> Result<Ledger, RestoreError> {
    let ledger = Ledger::read(link).await?;
    // A migration that was cut is no hindrance: its tables are replaced. Nor is a restore: it is ended first.
    let mut whole = ledger.clone();
    whole.tables.remove(dialect::bulk::RESTORE_MARK);
    whole
        .cuts
        .retain(|cut| cut.way == crate::migrate::ledger::Way::Adopt);
    match crate::migrate::refuse(link, &whole, migrations).await {
        // They are ours all the same, and the backup brings the record that is missing.
        Ok(()) | Err(MigrateError::NoLedger { .. }) => Ok(ledger),
        Err(error) => Err(error.into()),
    }
}

async fn check(
    path: &Path,
    migrations: &Migrations,
    dialect: dialect::Dialect,
    options: &RestoreOptions,
    progress: OnProgress<'_>,
) -> Result<Checked, RestoreError> {
    let (tell, mut told) = mpsc::channel::<Progress>(1);
    let (path, migrations, key) = (path.to_owned(), migrations.clone(), options.key.clone());
    let checking = tokio::task::spawn_blocking(move || {
        let asked = Asked {
            dialect,
            migrations: &migrations,
            key: key.as_deref(),
        };
        // One that comes while the last one was not looked at is not needed.
        check::check(&path, &asked, &|progress| {
            tell.try_send(progress).unwrap_or_default();
        })
    });
    while let Some(how_far) = told.recv().await {
        progress(how_far);
    }
    checking.await.map_err(|_| RestoreError::Stopped)?
}

/// The names of those whose values cannot be read.
async fn names(path: &Path, checked: &Checked) -> Result<Vec<String>, RestoreError> {
    if checked.sealed.values == 0 {
        return Ok(Vec::new());
    }
    let (path, sealed): (PathBuf, _) = (path.to_owned(), checked.sealed.clone());
    let found = tokio::task::spawn_blocking(move || sealed.names(&path));
    found.await.map_err(|_| RestoreError::Stopped)?
}
