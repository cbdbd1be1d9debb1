//! What a database itself knows of its health.

use sqlx::raw_sql;

use super::Dialect;
use crate::sql::{Link, Row, query};

/// Lines of what is wrong, at most.
const MOST: usize = 100;

/// What the database finds wrong with its own files and indexes; nothing in a sound one. `tables`: ours, those that are
/// there. Outside of any transaction, since MySQL would end it.
pub(crate) async fn damage(
    link: &mut Link<'_>,
    tables: &[String],
) -> Result<Vec<String>, sqlx::Error> {
    match link.dialect() {
        Dialect::Sqlite => sqlite(link).await,
        Dialect::Postgres => postgres(link).await,
        Dialect::MySql | Dialect::MariaDb => mysql(link, tables).await,
    }
}

/// <https://www.sqlite.org/pragma.html#pragma_integrity_check>
async fn sqlite(link: &mut Link<'_>) -> Result<Vec<String>, sqlx::Error> {
    // It stops at 100 by itself.
    let rows = query("SELECT integrity_check AS said FROM pragma_integrity_check")
        .fetch_all(link.again())
        .await?;
    let said = rows
        .iter()
        .map(|row| Ok(row.text_opt("said")?.unwrap_or_default()));
    let said: Vec<String> = said.collect::<Result<_, sqlx::Error>>()?;
    Ok(said.into_iter().filter(|word| word != "ok").collect())
}

/// Indexes that a build left behind, and constraints that were never looked through. Reading every page is amcheck's, which
/// is not always there.
async fn postgres(link: &mut Link<'_>) -> Result<Vec<String>, sqlx::Error> {
    const BROKEN: &str = "SELECT 'the index ' || CAST(c.relname AS TEXT) || ' is not valid: REINDEX INDEX makes it so' AS said \
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
        WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND NOT (i.indisvalid AND i.indisready) \
        UNION ALL SELECT 'the constraint ' || CAST(o.conname AS TEXT) || ' was never looked through: ALTER TABLE … VALIDATE \
        CONSTRAINT does it' FROM pg_catalog.pg_constraint o \
        WHERE o.connamespace = CAST(current_schema() AS regnamespace) AND NOT o.convalidated LIMIT 100";
    let rows = query(BROKEN).fetch_all(link.again()).await?;
    rows.iter()
        .map(|row| Ok(row.text_opt("said")?.unwrap_or_default()))
        .collect()
}

/// As text, since MySQL does not prepare this statement.
async fn mysql(link: &mut Link<'_>, tables: &[String]) -> Result<Vec<String>, sqlx::Error> {
    let Link::MySql(wire, _) = link.again() else {
        return Ok(Vec::new());
    };
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = tables.iter().map(|table| format!("`{table}`")).collect();
    let check = sqlx::AssertSqlSafe(format!("CHECK TABLE {}", names.join(", ")));
    let (connection, mut under_way) = wire.begin();
    let rows = raw_sql(check).fetch_all(connection).await;
    under_way.over();
    let rows = rows?;
    let mut said = Vec::new();
    for row in rows.into_iter().map(Row::from).take(MOST) {
        let text = |column| Ok::<_, sqlx::Error>(row.text_opt(column)?.unwrap_or_default());
        let (kind, words) = (text("Msg_type")?, text("Msg_text")?);
        if kind != "status" || words != "OK" {
            said.push(format!("{}: {kind}: {words}", text("Table")?));
        }
    }
    Ok(said)
}

/// Any column as text, to name a row by it.
pub(crate) fn as_text(dialect: Dialect, column: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("CAST({column} AS TEXT)"),
        Dialect::MySql | Dialect::MariaDb => format!("CAST({column} AS CHAR)"),
    }
}

/// True when a statement failed since SQLite's file is damaged (CORRUPT).
pub(crate) fn is_damaged(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 11)
}
