//! SQLite's way to change a table that `ALTER TABLE` cannot: a new one, the rows into it, and its name for the new one.
//!
//! In this order, as SQLite's documentation asks: tables that point at the old one go on pointing at its name. What the
//! schema does not know of (triggers, checks of a foreign hand) is not carried over.

use super::{Dialect, parts, spell};
use crate::schema::{Column, Table};

const SQLITE: Dialect = Dialect::Sqlite;

/// `changed` says what a column of the new table is filled with, where that is not the old column of its name.
pub(super) fn rebuild(
    was: &Table,
    is: &Table,
    changed: impl Fn(&Column) -> Option<String>,
) -> Vec<String> {
    let new = spell::rebuilt(&is.name);
    let mut statements = vec![
        parts::create(SQLITE, &new, &parts::body(SQLITE, is)),
        copy(was, is, &new, changed),
    ];
    if is.columns.iter().any(|column| column.auto) {
        statements.extend(keep_counting(&was.name, &new));
    }
    statements.push(format!("DROP TABLE {}", spell::name(SQLITE, &was.name)));
    statements.push(format!(
        "ALTER TABLE {} RENAME TO {}",
        spell::name(SQLITE, &new),
        spell::name(SQLITE, &is.name)
    ));
    let create = |index| parts::create_index(SQLITE, &is.name, index);
    statements.extend(is.indexes.iter().map(create));
    statements
}

fn copy(was: &Table, is: &Table, new: &str, changed: impl Fn(&Column) -> Option<String>) -> String {
    let mut into = Vec::new();
    let mut values = Vec::new();
    for column in &is.columns {
        let old = was.column(&column.name);
        let old = old.map(|old| spell::name(SQLITE, &old.name));
        if let Some(value) = changed(column).or(old) {
            into.push(&column.name);
            values.push(value);
        }
    }
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {}",
        spell::name(SQLITE, new),
        spell::names(SQLITE, into),
        values.join(", "),
        spell::name(SQLITE, &was.name)
    )
}

/// A number that was given once is never given again, not even after its row is gone.
fn keep_counting(was: &str, new: &str) -> [String; 2] {
    let (was, new) = (spell::text(SQLITE, was), spell::text(SQLITE, new));
    [
        format!("DELETE FROM sqlite_sequence WHERE name = {new}"),
        format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {was}"
        ),
    ]
}
