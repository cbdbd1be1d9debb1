//! How large things are.

use super::read::text;
use crate::dialect::Dialect;
use crate::sql::{Link, query};

/// The size of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Size {
    /// All of it, in bytes, what is free inside included.
    pub bytes: i64,
    /// Its tables, by name.
    pub tables: Vec<TableSize>,
}

/// The size of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// How many rows it has, about: what the database's own statistics say. None where it keeps none.
    pub rows: Option<i64>,
    /// With its indexes, in bytes. None where the database does not count by table.
    pub bytes: Option<i64>,
}

/// What the database knows about its size without reading itself through.
pub(crate) async fn read_size(link: &mut Link<'_>) -> Result<Size, sqlx::Error> {
    let (whole, tables) = match link.dialect() {
        Dialect::Sqlite => (
            "SELECT c.page_count * s.page_size AS bytes FROM pragma_page_count() c JOIN pragma_page_size() s",
            "SELECT name AS tbl, NULL AS row_count, NULL AS bytes FROM sqlite_master \
             WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name",
        ),
        // Never counted since it was made: -1.
        Dialect::Postgres => (
            "SELECT pg_catalog.pg_database_size(current_database()) AS bytes",
            "SELECT CAST(c.relname AS TEXT) AS tbl, CAST(NULLIF(c.reltuples, -1) AS BIGINT) AS row_count, \
             pg_catalog.pg_total_relation_size(c.oid) AS bytes FROM pg_catalog.pg_class c \
             WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p') \
             ORDER BY c.relname COLLATE \"C\"",
        ),
        Dialect::MySql | Dialect::MariaDb => (
            "SELECT CAST(COALESCE(SUM(data_length + index_length + data_free), 0) AS SIGNED) AS bytes \
             FROM information_schema.tables WHERE table_schema = DATABASE()",
            "SELECT CAST(table_name AS CHAR) AS tbl, CAST(table_rows AS SIGNED) AS row_count, \
             CAST(data_length + index_length AS SIGNED) AS bytes FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
        ),
    };
    let bytes = query(whole).fetch_one(link.again()).await?;
    let bytes = bytes.int_opt("bytes")?.unwrap_or_default();
    let rows = query(tables).fetch_all(link.again()).await?;
    let tables = rows.iter().map(|row| {
        Ok(TableSize {
            name: text(row, "tbl")?,
            rows: row.int_opt("row_count")?,
            bytes: row.int_opt("bytes")?,
        })
    });
    Ok(Size {
        bytes,
        tables: tables.collect::<Result<_, sqlx::Error>>()?,
    })
}
