//! Rows that would be equal where none may be, and rows that would point at nothing.

use super::{About, Check};
use crate::dialect::Dialect;
use crate::dialect::ddl::spell;
use crate::schema::{Column, Conversion, Default, ForeignKey, Index};

/// Rows that a new unique index would not take.
pub(super) fn unique(dialect: Dialect, table: &str, index: &Index) -> Check {
    let names = names(dialect, index);
    let wanted: Vec<String> = names.iter().map(|it| format!("{it} IS NOT NULL")).collect();
    twice(dialect, (table, index), &names, &wanted)
}

/// Rows that would be equal in a unique index once NULL in one column has given way to a value.
pub(super) fn filled(
    dialect: Dialect,
    (table, index): (&str, &Index),
    (from, to): (&Column, &Column),
    fill: &Default,
) -> Check {
    let filled = spell::name(dialect, &to.name);
    let value = spell::value(dialect, fill);
    let whole = match Conversion::between(&from.kind, &to.kind) {
        Conversion::None => format!("COALESCE({filled}, {value})"),
        _ => format!(
            "COALESCE({}, {})",
            text(dialect, &filled),
            text(dialect, &value)
        ),
    };
    let names = names(dialect, index);
    let wanted = names.iter().filter(|it| **it != filled);
    let wanted: Vec<String> = wanted.map(|it| format!("{it} IS NOT NULL")).collect();
    let value = |name: &String| {
        if *name == filled {
            whole.clone()
        } else {
            name.clone()
        }
    };
    let values: Vec<String> = names.iter().map(value).collect();
    twice(dialect, (table, index), &values, &wanted)
}

fn names(dialect: Dialect, index: &Index) -> Vec<String> {
    let parts = index.columns.iter();
    parts.map(|part| spell::name(dialect, &part.name)).collect()
}

fn text(dialect: Dialect, value: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("CAST({value} AS TEXT)"),
        Dialect::MySql | Dialect::MariaDb => format!("CAST({value} AS BINARY)"),
    }
}

fn twice(
    dialect: Dialect,
    (table, index): (&str, &Index),
    values: &[String],
    wanted: &[String],
) -> Check {
    let values = values.join(", ");
    let wanted = match wanted {
        [] => String::new(),
        _ => format!(" WHERE {}", wanted.join(" AND ")),
    };
    let tail = format!(
        "FROM {}{wanted} GROUP BY {values} HAVING COUNT(*) > 1",
        spell::name(dialect, table)
    );
    Check {
        count: format!("SELECT COUNT(*) AS count FROM (SELECT 1 AS one {tail}) AS twice"),
        find: format!("SELECT {values}, COUNT(*) {tail}"),
        about: About::Unique {
            table: table.to_owned(),
            index: index.name.clone(),
        },
    }
}

/// Rows that a new foreign key would not take.
pub(super) fn orphans(dialect: Dialect, table: &str, key: &ForeignKey) -> Check {
    let name = |column: &str| spell::name(dialect, column);
    let there: Vec<String> = key
        .columns
        .iter()
        .map(|column| format!("child.{} IS NOT NULL", name(column)))
        .collect();
    let pairs = key.columns.iter().zip(&key.references);
    let same: Vec<String> = pairs
        .map(|(here, there)| format!("parent.{} = child.{}", name(there), name(here)))
        .collect();
    let of = format!(
        "FROM {} AS child WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS parent WHERE {})",
        name(table),
        there.join(" AND "),
        name(&key.table),
        same.join(" AND ")
    );
    Check {
        count: format!("SELECT COUNT(*) AS count {of}"),
        find: format!("SELECT child.* {of}"),
        about: About::Orphans {
            table: table.to_owned(),
            to: key.table.clone(),
        },
    }
}
