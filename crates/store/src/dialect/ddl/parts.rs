//! Whole tables, and their indexes and foreign keys.

use super::{Dialect, columns, spell};
use crate::schema::{ForeignKey, Index, IndexColumn, Table};

/// The table, then its indexes; on MySQL in one statement, since each is atomic only by itself.
pub(super) fn create_table(dialect: Dialect, table: &Table) -> Vec<String> {
    let mut parts = body(dialect, table);
    if mysql(dialect) {
        parts.extend(
            table
                .indexes
                .iter()
                .map(|index| inner_index(dialect, index)),
        );
    }
    let mut statements = vec![create(dialect, &table.name, &parts)];
    if !mysql(dialect) {
        let create = |index| create_index(dialect, &table.name, index);
        statements.extend(table.indexes.iter().map(create));
    }
    statements
}

/// Columns, primary key and foreign keys.
pub(super) fn body(dialect: Dialect, table: &Table) -> Vec<String> {
    let columns = table.columns.iter();
    let columns = columns.map(|column| columns::definition(dialect, column));
    let keys = table.foreign_keys.iter();
    columns
        .chain(columns::primary_key(dialect, table))
        .chain(keys.map(|key| foreign_key(dialect, key)))
        .collect()
}

pub(super) fn create(dialect: Dialect, table: &str, parts: &[String]) -> String {
    let options = if mysql(dialect) {
        " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4"
    } else {
        ""
    };
    format!(
        "CREATE TABLE {} (\n    {}\n){options}",
        spell::name(dialect, table),
        parts.join(",\n    ")
    )
}

pub(super) fn drop_table(dialect: Dialect, table: &str) -> Vec<String> {
    vec![format!("DROP TABLE {}", spell::name(dialect, table))]
}

pub(super) fn create_index(dialect: Dialect, table: &str, index: &Index) -> String {
    let table = spell::name(dialect, table);
    if mysql(dialect) {
        return format!("ALTER TABLE {table} ADD {}", inner_index(dialect, index));
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!(
        "CREATE {unique}INDEX {} ON {table} ({})",
        spell::name(dialect, &index.name),
        parts(dialect, index)
    )
}

fn inner_index(dialect: Dialect, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!(
        "{unique}INDEX {} ({})",
        spell::name(dialect, &index.name),
        parts(dialect, index)
    )
}

fn parts(dialect: Dialect, index: &Index) -> String {
    let part = |part: &IndexColumn| {
        let name = spell::name(dialect, &part.name);
        match dialect {
            Dialect::Sqlite if part.any_case => format!("{name} COLLATE NOCASE"),
            Dialect::Postgres if part.any_case => format!("lower({name})"),
            _ => name,
        }
    };
    let parts: Vec<String> = index.columns.iter().map(part).collect();
    parts.join(", ")
}

pub(super) fn drop_index(dialect: Dialect, table: &str, index: &str) -> String {
    let index = spell::name(dialect, index);
    if mysql(dialect) {
        return format!(
            "ALTER TABLE {} DROP INDEX {index}",
            spell::name(dialect, table)
        );
    }
    format!("DROP INDEX {index}")
}

pub(super) fn foreign_key(dialect: Dialect, key: &ForeignKey) -> String {
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        spell::name(dialect, &key.name),
        spell::names(dialect, &key.columns),
        spell::name(dialect, &key.table),
        spell::names(dialect, &key.references)
    )
}

pub(super) fn mysql(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::MySql | Dialect::MariaDb)
}
