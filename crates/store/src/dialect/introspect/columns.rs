//! The names of columns alone: what a server asks each time it starts.

use std::collections::{BTreeMap, BTreeSet};

use super::read::text;
use crate::dialect::Dialect;
use crate::sql::{Link, Query, query};

/// Which columns these tables have. A table that is not there has none; a view is no table.
pub(crate) async fn columns_of(
    link: &mut Link<'_>,
    tables: &[&str],
) -> Result<BTreeMap<String, BTreeSet<String>>, sqlx::Error> {
    let marks = vec!["?"; tables.len().max(1)].join(", ");
    let statement = match link.dialect() {
        Dialect::Sqlite => format!(
            "SELECT m.name AS tbl, c.name AS name FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c \
             WHERE m.type = 'table' AND m.name IN ({marks})"
        ),
        Dialect::Postgres => format!(
            "SELECT CAST(c.relname AS TEXT) AS tbl, CAST(a.attname AS TEXT) AS name \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
             WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p') \
             AND a.attnum > 0 AND NOT a.attisdropped AND CAST(c.relname AS TEXT) IN ({marks})"
        ),
        Dialect::MySql | Dialect::MariaDb => format!(
            "SELECT CAST(c.table_name AS CHAR) AS tbl, CAST(c.column_name AS CHAR) AS name \
             FROM information_schema.columns c JOIN information_schema.tables t \
             ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
             WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND c.table_name IN ({marks})"
        ),
    };
    let asked = match tables {
        [] => query(statement).bind(""),
        tables => tables
            .iter()
            .fold(query(statement), |asked, name| Query::bind(asked, *name)),
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in asked.fetch_all(link.again()).await? {
        let columns = found.entry(text(&row, "tbl")?).or_default();
        columns.insert(text(&row, "name")?);
    }
    Ok(found)
}
