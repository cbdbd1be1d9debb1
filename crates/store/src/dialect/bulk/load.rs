//! Rows into a table that is empty and has no indexes yet.

use super::super::Dialect;
use super::{load_mysql, load_postgres, load_sqlite, quoted};
use crate::portable::{PortableColumn, Value};
use crate::sql::Link;

/// Writes rows, whose values follow each other, into these columns of a table.
pub(crate) async fn load(
    link: Link<'_>,
    table: &str,
    columns: &[PortableColumn],
    values: Vec<Value>,
) -> Result<(), sqlx::Error> {
    if values.is_empty() || columns.is_empty() {
        return Ok(());
    }
    let dialect = link.dialect();
    let names = columns.iter().map(|column| quoted(dialect, &column.name));
    let names = names.collect::<Vec<_>>().join(", ");
    let into = format!("{} ({names})", quoted(dialect, table));
    match link {
        Link::Sqlite(link) => load_sqlite::load(link, &into, columns.len(), values).await,
        Link::Postgres(link) => load_postgres::load(link, &into, columns.len(), &values).await,
        Link::MySql(wire, _) => {
            let (link, mut under_way) = wire.begin();
            let done = load_mysql::load(link, &into, columns.len(), values).await;
            under_way.over();
            done
        }
    }
}

/// `INSERT INTO into VALUES (?, ?), (?, ?), …`
pub(super) fn insert(into: &str, rows: usize, row: &str) -> String {
    let mut text = format!("INSERT INTO {into} VALUES ");
    for number in 0..rows {
        text.push_str(if number == 0 { "(" } else { "), (" });
        text.push_str(row);
    }
    text.push(')');
    text
}

/// A `?` for each value of a row.
pub(super) fn marks(width: usize) -> String {
    vec!["?"; width].join(", ")
}

/// Lets the database look at what its tables hold now: without it, the first queries after so many new rows are planned
/// blindly. Not SQLite: it would remember the mean number of rows per value, which says of NULL (nine in ten rows of
/// `deleted_at`) that there are few, and sort what an index gives in order. Without statistics it takes that index.
pub(crate) async fn analyze(link: &mut Link<'_>, tables: &[&str]) -> Result<(), sqlx::Error> {
    let words = match link.dialect() {
        Dialect::Sqlite => return Ok(()),
        Dialect::Postgres => "ANALYZE",
        Dialect::MySql | Dialect::MariaDb => "ANALYZE TABLE",
    };
    for table in tables {
        let table = quoted(link.dialect(), table);
        link.again().run_script(&format!("{words} {table}")).await?;
    }
    Ok(())
}
