//! What a schema may hold so that it is the same on every database. The strictest one rules: what one database refuses is
//! refused for all, before anything is done.

use super::{Column, ColumnType, Default, ForeignKey, Index, Schema, Table};
use crate::text::schema as text;

/// The longest key of an index on MySQL, in bytes; a character has four.
const MOST_KEY_BYTES: u64 = 3072;
/// The longest row on MySQL, in bytes, without what lies in TEXT columns.
const MOST_ROW_BYTES: u64 = 65_535;
/// The most columns of an index on MySQL.
const MOST_PARTS: usize = 16;
/// The longest VARCHAR of utf8mb4 on MySQL, in characters.
const MOST_CHARACTERS: u32 = 16_383;
/// The longest name on PostgreSQL, in bytes.
const MOST_NAME: usize = 63;
/// Names that a database keeps for itself, quoted or not: PostgreSQL's system columns, MySQL's primary key.
const KEPT: &[&str] = &[
    "cmax", "cmin", "ctid", "oid", "primary", "tableoid", "xmax", "xmin",
];
/// How names begin that a database or Havre makes up.
const KEPT_BEGINNINGS: &[&str] = &["sqlite_", "pg_", super::REBUILT];

/// Why, in words.
type Checked = Result<(), String>;

/// A name that is made.
pub(super) fn name(name: &str) -> Checked {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let good = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= MOST_NAME
        && name.chars().all(letters)
        && !KEPT.contains(&name)
        && !KEPT_BEGINNINGS.iter().any(|kept| name.starts_with(kept));
    if good {
        Ok(())
    } else {
        Err(text::bad_name(name))
    }
}

/// A table that is made, but for what it has to do with other tables.
pub(super) fn table(table: &Table) -> Checked {
    name(&table.name)?;
    if table.columns.is_empty() {
        return Err(text::NO_COLUMNS.into());
    }
    for (at, column) in table.columns.iter().enumerate() {
        self::column(column)?;
        if table.columns[..at]
            .iter()
            .any(|other| other.name == column.name)
        {
            return Err(text::exists("column", &column.name));
        }
        if column.auto && table.primary_key != [column.name.clone()] {
            return Err(text::AUTO_SHAPE.into());
        }
    }
    primary_key(table)?;
    row_length(table)
}

/// The primary key of a table.
pub(super) fn primary_key(table: &Table) -> Checked {
    if table.primary_key.is_empty() {
        return Err(text::NO_KEY.into());
    }
    let parts = table.primary_key.iter().map(|part| (part.as_str(), false));
    key_parts(table, "primary key", true, parts.collect())?;
    let nullable = |part: &&String| table.column(part).is_some_and(|column| column.nullable);
    match table.primary_key.iter().find(nullable) {
        Some(part) => Err(text::nullable_key(part)),
        None => Ok(()),
    }
}

/// A column that is made, or what one becomes.
pub(super) fn column(column: &Column) -> Checked {
    name(&column.name)?;
    match &column.kind {
        ColumnType::Other(spelled) => return Err(text::other_type(&column.name, spelled)),
        ColumnType::Varchar(length) if *length > MOST_CHARACTERS => {
            return Err(text::too_long(&column.name, MOST_CHARACTERS));
        }
        _ => {}
    }
    if column.any_case && !matches!(column.kind, ColumnType::Varchar(_)) {
        return Err(text::any_case_kind(&column.name));
    }
    if column.auto
        && (column.kind != ColumnType::BigInt || column.nullable || column.default.is_some())
    {
        return Err(text::AUTO_SHAPE.into());
    }
    match &column.default {
        Some(value) => default(column, value),
        None => Ok(()),
    }
}

fn default(column: &Column, value: &Default) -> Checked {
    use ColumnType::{Json, LongText, Text};
    if let Text | LongText | Json = column.kind {
        return Err(text::no_default_for(column));
    }
    self::value("default", column, value)
}

/// What rows that are there get.
pub(super) fn fill(column: &Column, value: &Default) -> Checked {
    self::value("fill", column, value)
}

fn value(what: &str, column: &Column, value: &Default) -> Checked {
    let fits = match (&column.kind, value) {
        (ColumnType::Integer, Default::Number(number)) => i32::try_from(*number).is_ok(),
        (ColumnType::BigInt, Default::Number(_)) | (ColumnType::DateTime, Default::Now) => true,
        (ColumnType::Varchar(length), Default::Text(text)) => {
            text.chars().count() <= *length as usize
        }
        (ColumnType::Text, Default::Text(text)) => text.len() <= u16::MAX.into(),
        (ColumnType::LongText, Default::Text(_)) => true,
        (ColumnType::Json, Default::Text(text)) => {
            serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        }
        _ => false,
    };
    match value {
        _ if !fits => Err(text::bad_value(what, column)),
        Default::Text(text) if text.contains(|c: char| c == '\\' || c.is_control()) => {
            Err(text::PLAIN_TEXT.into())
        }
        _ => Ok(()),
    }
}

/// The bytes of a row on MySQL. A TEXT or JSON counts with its pointer.
pub(super) fn row_length(table: &Table) -> Checked {
    let columns = table.columns.iter();
    let bytes: u64 = columns.map(|column| bytes(&column.kind) + 3).sum();
    if bytes > MOST_ROW_BYTES {
        return Err(text::row_too_long(&table.name, bytes, MOST_ROW_BYTES));
    }
    Ok(())
}

/// The most bytes of a value in a row or in a key on MySQL.
pub(super) fn bytes(kind: &ColumnType) -> u64 {
    match kind {
        ColumnType::Varchar(length) => u64::from(*length) * 4,
        ColumnType::Integer => 4,
        ColumnType::BigInt | ColumnType::DateTime => 8,
        ColumnType::Text | ColumnType::LongText | ColumnType::Json | ColumnType::Other(_) => 12,
    }
}

/// An index of a table, but for its name's being free.
pub(super) fn index(table: &Table, index: &Index) -> Checked {
    name(&index.name)?;
    let parts = index.columns.iter();
    let parts = parts.map(|part| (part.name.as_str(), part.any_case));
    key_parts(table, &index.name, index.unique, parts.collect())
}

fn key_parts(table: &Table, key: &str, unique: bool, parts: Vec<(&str, bool)>) -> Checked {
    let twice = |at: usize| parts[..at].iter().any(|other| other.0 == parts[at].0);
    if parts.is_empty() || parts.len() > MOST_PARTS || (0..parts.len()).any(twice) {
        return Err(text::too_many_parts(key, MOST_PARTS));
    }
    let mut length = 0;
    for (part, any_case) in parts {
        let column = table
            .column(part)
            .ok_or_else(|| text::no_part(&table.name, "column", part))?;
        match column.kind {
            ColumnType::Text | ColumnType::LongText | ColumnType::Json => {
                return Err(text::not_indexable(column));
            }
            ColumnType::Varchar(_) => {}
            _ if any_case => return Err(text::any_case_kind(part)),
            _ => {}
        }
        // MySQL's collations fold more than ASCII, so what is equal there is not elsewhere.
        if unique && (any_case || column.any_case) {
            return Err(text::any_case_unique(key, part));
        }
        length += bytes(&column.kind);
    }
    if length > MOST_KEY_BYTES {
        return Err(text::key_too_long(key, length, MOST_KEY_BYTES));
    }
    Ok(())
}

/// The name of an index or of a foreign key is free. PostgreSQL keeps indexes and tables under the same names.
pub(super) fn free_name(schema: &Schema, name: &str) -> Checked {
    let mut tables = schema.tables.values();
    let taken = schema.tables.contains_key(name)
        || tables.any(|table| table.index(name).is_some() || table.foreign_key(name).is_some());
    if taken {
        return Err(text::exists("table, index or foreign key", name));
    }
    Ok(())
}

/// A foreign key of a table that is in the schema.
pub(super) fn foreign_key(schema: &Schema, table: &Table, key: &ForeignKey) -> Checked {
    name(&key.name)?;
    if key.columns.is_empty() || key.columns.len() != key.references.len() {
        return Err(text::key_columns(&key.name));
    }
    let target = schema
        .table(&key.table)
        .ok_or_else(|| text::no_table(&key.table))?;
    for (here, there) in key.columns.iter().zip(&key.references) {
        let find = |table: &Table, name: &str| {
            let found = table.column(name).cloned();
            found.ok_or_else(|| text::no_part(&table.name, "column", name))
        };
        let (here, there) = (find(table, here)?, find(target, there)?);
        let same = std::mem::discriminant(&here.kind) == std::mem::discriminant(&there.kind)
            && here.any_case == there.any_case;
        if !same {
            return Err(text::key_types(&key.name, &here.name));
        }
    }
    if !target.identified_by(&key.references) {
        return Err(text::key_target(&key.name, &key.table));
    }
    if !table.covers(&key.columns) {
        return Err(text::key_cover(&key.name));
    }
    Ok(())
}
