//! One moment of a database, seen for as long as it takes to read all of it, while others go on writing.

use super::super::Dialect;
use super::quoted;
use crate::sql::{Link, query};

/// Begins a transaction that reads, and sees what was true when it began.
pub(crate) async fn begin_snapshot(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    let statements: &[&str] = match link.dialect() {
        // It begins to see with its first read, which is the caller's first.
        Dialect::Sqlite => &["BEGIN"],
        Dialect::Postgres => &["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"],
        Dialect::MySql => &[
            // So that the next number of a counting column is not one that was looked up yesterday.
            "SET SESSION information_schema_stats_expiry = 0",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ],
        Dialect::MariaDb => &[
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ],
    };
    for statement in statements {
        link.again().run_script(statement).await?;
    }
    Ok(())
}

/// Ends it.
pub(crate) async fn end_snapshot(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    link.again().run_script("ROLLBACK").await
}

/// How many rows a table has.
pub(crate) async fn count(link: &mut Link<'_>, table: &str) -> Result<u64, sqlx::Error> {
    let row = query(format!(
        "SELECT COUNT(*) AS rows_of FROM {}",
        quoted(link.dialect(), table)
    ))
    .fetch_one(link.again())
    .await?;
    let rows = row.int_opt("rows_of")?.unwrap_or_default();
    Ok(u64::try_from(rows).unwrap_or_default())
}

/// The last number that the counting column of a table gave; none when it gave none yet.
pub(crate) async fn last_number(
    link: &mut Link<'_>,
    table: &str,
    column: &str,
) -> Result<Option<i64>, sqlx::Error> {
    let asked = match link.dialect() {
        Dialect::Sqlite => query("SELECT seq AS number FROM sqlite_sequence WHERE name = ?"),
        Dialect::Postgres => query(
            "SELECT pg_catalog.pg_sequence_last_value(pg_catalog.pg_get_serial_sequence(?, ?)::regclass) AS number",
        ),
        Dialect::MySql | Dialect::MariaDb => query(
            "SELECT CAST(auto_increment AS SIGNED) - 1 AS number FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = ?",
        ),
    };
    let asked = asked.bind(table);
    let asked = match link.dialect() {
        Dialect::Postgres => asked.bind(column),
        _ => asked,
    };
    let number = match asked.fetch_optional(link.again()).await? {
        Some(row) => row.int_opt("number")?,
        None => None,
    };
    Ok(number.filter(|number| *number > 0))
}
