//! Values that do not fit into the new type of their column.

use super::{About, Check};
use crate::dialect::Dialect;
use crate::dialect::ddl::spell;
use crate::schema::{Column, ColumnType, Conversion};

/// None when every value fits.
pub(super) fn values(dialect: Dialect, table: &str, from: &Column, to: &Column) -> Option<Check> {
    let name = spell::name(dialect, &to.name);
    let misfit = match Conversion::between(&from.kind, &to.kind) {
        Conversion::Narrowing => narrow(dialect, &name, &to.kind)?,
        Conversion::Converting => convert(dialect, &name, &to.kind)?,
        _ => return None,
    };
    let of = format!("FROM {} WHERE {misfit}", spell::name(dialect, table));
    Some(Check {
        count: format!("SELECT COUNT(*) AS count {of}"),
        find: format!("SELECT {name} {of}"),
        about: About::Values {
            table: table.to_owned(),
            to: to.clone(),
        },
    })
}

/// What does not fit into a narrower type of the same sort.
fn narrow(dialect: Dialect, name: &str, to: &ColumnType) -> Option<String> {
    match to {
        ColumnType::Varchar(length) => Some(format!("{} > {length}", characters(dialect, name))),
        ColumnType::Text => Some(format!("{} > {}", bytes(dialect, name), u16::MAX)),
        ColumnType::Integer => Some(format!("{name} NOT BETWEEN {} AND {}", i32::MIN, i32::MAX)),
        _ => None,
    }
}

fn characters(dialect: Dialect, value: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("length({value})"),
        _ => format!("CHAR_LENGTH({value})"),
    }
}

fn bytes(dialect: Dialect, value: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("length(CAST({value} AS BLOB))"),
        _ => format!("OCTET_LENGTH({value})"),
    }
}

/// What does not become text, or a number.
fn convert(dialect: Dialect, name: &str, to: &ColumnType) -> Option<String> {
    match to {
        ColumnType::Varchar(length) => {
            let text = match dialect {
                Dialect::Sqlite | Dialect::Postgres => format!("CAST({name} AS TEXT)"),
                Dialect::MySql | Dialect::MariaDb => format!("CAST({name} AS CHAR)"),
            };
            Some(format!("{} > {length}", characters(dialect, &text)))
        }
        ColumnType::Integer => Some(not_a_number(
            dialect,
            name,
            i64::from(i32::MIN),
            i64::from(i32::MAX),
        )),
        ColumnType::BigInt => Some(not_a_number(dialect, name, i64::MIN, i64::MAX)),
        _ => None,
    }
}

/// Text that is not a whole number in its shortest form, or one out of range. A cast to a number reads as far as it can
/// and stops at the ends of its range, so what is not such a number does not read back as it was.
fn not_a_number(dialect: Dialect, name: &str, least: i64, most: i64) -> String {
    let range = format!("BETWEEN {least} AND {most}");
    match dialect {
        Dialect::Sqlite => format!(
            "{name} IS NOT NULL AND (CAST(CAST({name} AS INTEGER) AS TEXT) <> {name} \
             OR CAST({name} AS INTEGER) NOT {range})"
        ),
        // Its cast refuses what is not a number, so the shape is looked at first.
        Dialect::Postgres => format!(
            "CASE WHEN {name} ~ '^(0|-?[1-9][0-9]{{0,18}})$' THEN CAST({name} AS NUMERIC) NOT {range} \
             ELSE {name} IS NOT NULL END"
        ),
        Dialect::MySql | Dialect::MariaDb => format!(
            "{name} IS NOT NULL AND (CAST(CAST({name} AS SIGNED) AS BINARY) <> CAST({name} AS BINARY) \
             OR CAST({name} AS SIGNED) NOT {range})"
        ),
    }
}
