//! `havre db seed`: believable examples to try things out on. All of them are records (`managed: false`): no engine touches
//! them.
//!
//! The same number gives the same rows, ids included, and a larger count begins with the rows of a smaller one. Only their
//! times differ: they are counted back from the beginning of the present day, so that charts have something to show. A row
//! that is there already stays as it is, so running it twice adds nothing twice.

mod example;
mod numbers;
mod words;

use chrono::{DateTime, NaiveTime, Utc};
use serde::Serialize;

use super::ready::is_ready;
use super::{Admin, AdminError};
use crate::dialect::{self, Adding, bulk};
use crate::records::{CREATED_AT, MOST_AT_ONCE, Row, insert};
use crate::sql::{Query, Value, query};
use crate::text::admin as text;

/// What to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedOptions {
    /// How many rows: 0 to 1,000,000.
    pub count: u32,
    /// Which rows: the same number gives the same ones.
    pub rng_seed: u64,
}

impl Default for SeedOptions {
    fn default() -> Self {
        Self {
            count: 25,
            rng_seed: 1,
        }
    }
}

/// What was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SeedReport {
    /// Rows that were added.
    pub added: u64,
    /// Rows of this number that were there before, and stay as they are.
    pub there_before: u64,
}

/// The most rows of one call.
const MOST: u32 = 1_000_000;
/// Rows of one transaction: between two, other programs write.
const AT_ONCE: usize = 20_000;
/// From this many rows on, the database is told to look at what it holds now.
const MANY: u32 = 1_000;

/// Adds examples. `progress` hears how many rows are done, of how many. Needs [`Access::Add`](super::Access::Add).
///
/// # Errors
/// The schema is not this program's, the count is too large, or the database failed; what was added before stays, and the
/// same call goes on with it.
pub async fn seed(
    admin: &mut Admin,
    options: SeedOptions,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<SeedReport, AdminError> {
    if options.count > MOST {
        return Err(AdminError::Refused(text::too_many_examples(
            options.count,
            MOST,
        )));
    }
    is_ready(&mut admin.link()).await?;
    if options.count >= MANY
        && let Some(settings) = dialect::before_many(admin.dialect())
    {
        admin.link().run_script(settings).await?;
    }
    let today = beginning_of(admin.now().await?);
    let mut report = SeedReport::default();
    let mut rows = (0..options.count).map(|number| example::row(options.rng_seed, number, today));
    loop {
        let mut batch: Vec<Row> = rows.by_ref().take(AT_ONCE).collect();
        if batch.is_empty() {
            break;
        }
        // Six indexes hold rows by this: what is side by side in them comes one after the other.
        batch.sort_unstable_by_key(created_at);
        let all = batch.len() as u64;
        let added = together(admin, batch).await?;
        report.added += added;
        report.there_before += all - added;
        progress(report.added + report.there_before, options.count.into());
    }
    if report.added >= MANY.into() {
        bulk::analyze(&mut admin.link(), &["deployments"]).await?;
    }
    Ok(report)
}

fn beginning_of(now: DateTime<Utc>) -> DateTime<Utc> {
    now.date_naive().and_time(NaiveTime::MIN).and_utc()
}

fn created_at(row: &Row) -> Option<DateTime<Utc>> {
    match row[CREATED_AT] {
        Value::Time(at) => at,
        _ => None,
    }
}

/// One transaction, under the lock of all writers: another `seed` of the same number waits.
async fn together(admin: &mut Admin, rows: Vec<Row>) -> Result<u64, AdminError> {
    admin.begin().await?;
    let done = add(admin, rows).await;
    match done {
        Ok(added) => {
            admin.commit().await?;
            Ok(added)
        }
        Err(error) => {
            // It may be undone already: SQLite does that by itself when the disk is full.
            if let Err(second) = admin.roll_back().await {
                tracing::debug!(error = %second, "there was nothing to roll back");
            }
            Err(error.into())
        }
    }
}

async fn add(admin: &mut Admin, rows: Vec<Row>) -> Result<u64, sqlx::Error> {
    if let Some(lock) = dialect::write_lock(admin.dialect()) {
        let statement = lock
            .number
            .into_iter()
            .fold(query(lock.statement), Query::bind);
        statement.fetch_one(admin.link()).await?;
    }
    let mut added = 0;
    for some in rows.chunks(MOST_AT_ONCE) {
        let insert = insert(admin.dialect(), Adding::New, some.iter());
        added += insert.execute(admin.link()).await?;
    }
    Ok(added)
}
