//! `havre db stats`: what is in the database, counted in one moment.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::Status;
use serde::Serialize;

use super::ready::is_ready;
use super::{Admin, AdminError};
use crate::dialect::bulk::{self, begin_snapshot, end_snapshot};
use crate::dialect::introspect::{read_schema, read_size};
use crate::migrate::ledger::Ledger;
use crate::sql::{Link, Query, query};

/// The figures. Deleted rows are counted, as the seed document's own statistics do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// When they were taken: the database's clock, where it has one.
    pub at: DateTime<Utc>,
    /// All rows of the seed's table.
    pub total: u64,
    /// Those without `deleted_at` whose status is not `deleted`.
    pub live: u64,
    /// Live ones that Havre manages: they hold a name.
    pub managed: u64,
    /// By status in any case; every status of the seed is there, also with 0.
    pub by_status: Vec<StatusCount>,
    /// Rows whose status is none of the seed's words.
    pub unknown_status: u64,
    /// By `deployment_type`, the most frequent first.
    pub by_type: Top,
    /// By framework.
    pub by_framework: Top,
    /// By owner.
    pub by_owner: Top,
    /// Rows made on each of the last 30 days, today last (UTC).
    pub created_per_day: Vec<Day>,
    /// Of the deployments that came to an end, one way or the other.
    pub success: Success,
    /// How large it is.
    pub size: SizeStats,
    /// The version of the schema.
    pub schema_version: u32,
}

/// Rows of one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StatusCount {
    /// Which.
    pub status: Status,
    /// How many rows.
    pub count: u64,
}

/// The most frequent values of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Top {
    /// At most ten, the most frequent first.
    pub most: Vec<ValueCount>,
    /// Rows with any other value.
    pub others: u64,
}

/// Rows of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValueCount {
    /// As written; none where there is none.
    pub value: Option<String>,
    /// How many rows.
    pub count: u64,
}

/// Rows made on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day, UTC.
    pub date: NaiveDate,
    /// How many rows.
    pub count: u64,
}

/// How often a deployment comes out well: `running / (running + failed)`. What is under way, stopped or deleted is in
/// neither: a row does not say whether it ever ran.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Success {
    /// Rows that run.
    pub running: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Percent, 0 to 100; none when neither is there.
    pub rate: Option<f64>,
}

/// How large the database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SizeStats {
    /// All of it, in bytes, what is free inside included.
    pub bytes: u64,
    /// Indexes of all of Havre's tables, those of primary keys not counted.
    pub indexes: u64,
    /// Havre's tables, by name.
    pub tables: Vec<TableStats>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableStats {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// With its indexes, in bytes; none where the database does not count by table (SQLite).
    pub bytes: Option<u64>,
    /// Its indexes, that of the primary key not counted.
    pub indexes: u64,
}

/// Values of a column that are shown.
const MOST_SHOWN: u32 = 10;
/// Spellings of a status that are looked at, the most frequent first; what is beyond counts as unknown.
const MOST_SPELLINGS: u32 = 500;
const DAYS: i64 = 30;

/// Counts everything, in one snapshot. Needs [`Access::Look`](super::Access::Look); a server may go on meanwhile.
///
/// # Errors
/// The schema is not this program's, or the database failed.
pub async fn stats(admin: &mut Admin) -> Result<Stats, AdminError> {
    is_ready(&mut admin.link()).await?;
    let at = admin.now().await?;
    begin_snapshot(&mut admin.link()).await?;
    let taken = take(&mut admin.link(), at).await;
    end_snapshot(&mut admin.link()).await?;
    taken
}

async fn take(link: &mut Link<'_>, at: DateTime<Utc>) -> Result<Stats, AdminError> {
    let total = count(link, query("SELECT COUNT(*) AS n FROM deployments")).await?;
    let by_status = by_status(link).await?;
    let of = |status: Status| {
        let found = by_status.iter().find(|row| row.status == status);
        found.map_or(0, |row| row.count)
    };
    let (running, failed) = (of(Status::Running), of(Status::Failed));
    let known: u64 = by_status.iter().map(|row| row.count).sum();
    Ok(Stats {
        at,
        total,
        live: live(link).await?,
        managed: count(link, query("SELECT COUNT(*) AS n FROM names")).await?,
        unknown_status: total.saturating_sub(known),
        by_type: top(link, "deployment_type", total).await?,
        by_framework: top(link, "framework", total).await?,
        by_owner: top(link, "user_id", total).await?,
        created_per_day: per_day(link, at).await?,
        success: Success {
            running,
            failed,
            rate: rate(running, failed),
        },
        size: size(link).await?,
        schema_version: Ledger::read(link).await?.version(),
        by_status,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate of so many rows that it matters is still right to many places"
)]
fn rate(running: u64, failed: u64) -> Option<f64> {
    let finished = running + failed;
    (finished > 0).then(|| 100.0 * running as f64 / finished as f64)
}

async fn count(link: &mut Link<'_>, query: Query) -> Result<u64, sqlx::Error> {
    let row = query.fetch_one(link.again()).await?;
    Ok(unsigned(row.int_opt("n")?))
}

fn unsigned(number: Option<i64>) -> u64 {
    u64::try_from(number.unwrap_or_default()).unwrap_or_default()
}

async fn live(link: &mut Link<'_>) -> Result<u64, sqlx::Error> {
    let not_deleted = crate::dialect::not_deleted(link.dialect());
    let live = format!(
        "SELECT COUNT(*) AS n FROM deployments d WHERE d.deleted_at IS NULL AND {not_deleted}"
    );
    count(link, query(live)).await
}

async fn by_status(link: &mut Link<'_>) -> Result<Vec<StatusCount>, sqlx::Error> {
    let spelled = most(link, "status", MOST_SPELLINGS).await?;
    let count = |status: Status| {
        let is = |word: &str| word.parse() == Ok(status);
        let same = spelled
            .iter()
            .filter(|row| row.value.as_deref().is_some_and(is));
        same.map(|row| row.count).sum()
    };
    let counted = Status::ALL.map(|status| StatusCount {
        status,
        count: count(status),
    });
    Ok(counted.into())
}

async fn top(link: &mut Link<'_>, column: &str, total: u64) -> Result<Top, sqlx::Error> {
    let most = most(link, column, MOST_SHOWN).await?;
    let shown: u64 = most.iter().map(|row| row.count).sum();
    Ok(Top {
        most,
        others: total.saturating_sub(shown),
    })
}

async fn most(
    link: &mut Link<'_>,
    column: &str,
    limit: u32,
) -> Result<Vec<ValueCount>, sqlx::Error> {
    let rows = query(format!(
        "SELECT {column} AS value, COUNT(*) AS n FROM deployments GROUP BY {column} ORDER BY n DESC, {column} LIMIT ?"
    ))
    .bind(limit)
    .fetch_all(link.again())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ValueCount {
                // SQLite holds any bytes; they are counted, and shown as nothing.
                value: row.text_opt("value").unwrap_or_default(),
                count: unsigned(row.int_opt("n")?),
            })
        })
        .collect()
}

/// By thirty looks into the index of `created_at`.
async fn per_day(link: &mut Link<'_>, at: DateTime<Utc>) -> Result<Vec<Day>, sqlx::Error> {
    let today = at.date_naive();
    let begin = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    let mut days = Vec::new();
    for back in (0..DAYS).rev() {
        let date = today - TimeDelta::days(back);
        let made =
            query("SELECT COUNT(*) AS n FROM deployments WHERE created_at >= ? AND created_at < ?")
                .bind(begin(date))
                .bind(begin(date + TimeDelta::days(1)));
        days.push(Day {
            date,
            count: count(link, made).await?,
        });
    }
    Ok(days)
}

async fn size(link: &mut Link<'_>) -> Result<SizeStats, AdminError> {
    let size = read_size(link).await?;
    let schema = read_schema(link).await?;
    let mut tables = Vec::new();
    for name in crate::schema::model().tables.keys() {
        let Some(table) = schema.table(name) else {
            continue;
        };
        let measured = size.tables.iter().find(|table| table.name == *name);
        tables.push(TableStats {
            name: name.clone(),
            rows: bulk::count(link, name).await?,
            bytes: measured
                .and_then(|table| table.bytes)
                .map(|bytes| unsigned(Some(bytes))),
            indexes: table.indexes.len() as u64,
        });
    }
    Ok(SizeStats {
        bytes: unsigned(Some(size.bytes)),
        indexes: tables.iter().map(|table| table.indexes).sum(),
        tables,
    })
}
