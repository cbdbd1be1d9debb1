//! The first line: what a backup holds.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::MAX_NAMES;
use crate::schema::ColumnType;
use crate::text::backup as text;

/// What a backup holds, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the format: [`super::FORMAT`].
    pub format: u32,
    /// The version of the Havre that wrote it.
    pub made_by: String,
    /// When, as `2026-11-22T23:05:09.120000Z`.
    pub made_at: String,
    /// The kind of database that it was read from: `sqlite`, `postgresql`, `mysql`, `mariadb`.
    pub source: String,
    /// The applied migrations, oldest first.
    pub schema: Vec<Migration>,
    /// The ids of the keys that sealed values in it name.
    pub keys: Vec<String>,
    /// The tables, in the order in which their rows follow.
    pub tables: Vec<PortableTable>,
}

/// A migration that the database had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// Its number, counted from 1.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// The SHA-256 of its file, in hexadecimal.
    pub checksum: String,
}

/// A table of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableTable {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of the values of a row.
    pub columns: Vec<PortableColumn>,
    /// Exactly how many rows follow.
    pub rows: u64,
    /// Where a column counts up by itself: the last number that it gave, also to a row that is gone.
    pub sequence: Option<i64>,
}

/// A column of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

impl Header {
    /// All rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables
            .iter()
            .fold(0, |sum, table| sum.saturating_add(table.rows))
    }

    /// Checks what must hold in every backup, and says what does not. A name that passes may stand in a statement as it is.
    pub(super) fn check(&self) -> Result<(), String> {
        names("table", self.tables.iter().map(|table| &table.name))?;
        for table in &self.tables {
            names("column", table.columns.iter().map(|column| &column.name))?;
            if table.columns.is_empty() {
                return Err(text::no_columns(&table.name));
            }
        }
        if self.schema.len() > 10 * MAX_NAMES || self.keys.len() > 10 * MAX_NAMES {
            return Err(text::TOO_MANY_NAMES.into());
        }
        Ok(())
    }
}

fn names<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let first = name.bytes().next();
        if name.len() > 60 || !name.bytes().all(plain) || first.is_none_or(|b| b.is_ascii_digit()) {
            return Err(text::bad_name(what, name));
        }
        if !seen.insert(name) {
            return Err(text::twice(what, name));
        }
        if seen.len() > MAX_NAMES {
            return Err(text::TOO_MANY_NAMES.into());
        }
    }
    Ok(())
}
