//! What must be looked for before an operation: rows that would be in its way. Every database looks the same way, so what
//! stops a migration on one stops it on all, before anything is changed and with the rows named.

use super::{Dialect, spell};
use crate::schema::{Column, ColumnType, Conversion, Op, Schema};
use crate::text::schema as text;

/// A question to ask before an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A statement without parameters that gives one number, `count`: how many are in the way. 0 is good.
    pub count: String,
    /// A statement for people that shows what is in the way.
    pub find: String,
    about: About,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    Values { table: String, to: Column },
    Unique { table: String, index: String },
    Orphans { table: String, to: String },
}

impl Check {
    /// What is said when so many are in the way.
    pub fn refusal(&self, count: i64) -> String {
        match &self.about {
            About::Values { table, to } => text::do_not_fit(count, table, &to.name, to, &self.find),
            About::Unique { table, index } => text::not_unique(count, table, index, &self.find),
            About::Orphans { table, to } => text::orphans(count, table, to, &self.find),
        }
    }
}

impl Dialect {
    /// What to look for before an operation, in the schema as it is. All of a migration's can be asked when its turn
    /// comes: right before its statements.
    pub fn checks(self, op: &Op, before: &Schema) -> Vec<Check> {
        match op {
            Op::AlterColumn {
                table, from, to, ..
            } => values(self, table, from, to).into_iter().collect(),
            Op::CreateIndex { table, index } if index.unique => {
                let columns = index.columns.iter();
                let columns: Vec<(&str, bool)> = columns
                    .map(|part| (part.name.as_str(), part.any_case))
                    .collect();
                vec![unique(self, table, &index.name, &columns)]
            }
            Op::AddForeignKey { table, foreign_key } if before.table(table).is_some() => {
                vec![orphans(self, table, foreign_key)]
            }
            _ => Vec::new(),
        }
    }
}

fn values(dialect: Dialect, table: &str, from: &Column, to: &Column) -> Option<Check> {
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

/// Text that is not a whole number in its shortest form, or one out of range. SQLite's cast stops at the ends of its
/// range, so a number beyond them does not read back.
fn not_a_number(dialect: Dialect, name: &str, least: i64, most: i64) -> String {
    const SHAPE: &str = "'^(0|-?[1-9][0-9]{0,18})$'";
    match dialect {
        Dialect::Sqlite => format!(
            "{name} IS NOT NULL AND (CAST(CAST({name} AS INTEGER) AS TEXT) <> {name} \
             OR CAST({name} AS INTEGER) NOT BETWEEN {least} AND {most})"
        ),
        Dialect::Postgres => format!(
            "CASE WHEN {name} ~ {SHAPE} THEN CAST({name} AS NUMERIC) NOT BETWEEN {least} AND {most} \
             ELSE {name} IS NOT NULL END"
        ),
        Dialect::MySql | Dialect::MariaDb => format!(
            "CASE WHEN {name} REGEXP {SHAPE} THEN CAST({name} AS DECIMAL(20)) NOT BETWEEN {least} AND {most} \
             ELSE {name} IS NOT NULL END"
        ),
    }
}

fn unique(dialect: Dialect, table: &str, index: &str, columns: &[(&str, bool)]) -> Check {
    let names: Vec<String> = columns
        .iter()
        .map(|it| spell::name(dialect, it.0))
        .collect();
    let folded = |(name, column): (&String, &(&str, bool))| {
        if column.1 {
            format!("LOWER({name})")
        } else {
            name.clone()
        }
    };
    let groups: Vec<String> = names.iter().zip(columns).map(folded).collect();
    let there: Vec<String> = names
        .iter()
        .map(|name| format!("{name} IS NOT NULL"))
        .collect();
    let tail = format!(
        "FROM {} WHERE {} GROUP BY {} HAVING COUNT(*) > 1",
        spell::name(dialect, table),
        there.join(" AND "),
        groups.join(", ")
    );
    Check {
        count: format!("SELECT COUNT(*) AS count FROM (SELECT 1 AS one {tail}) AS twice"),
        find: format!("SELECT {}, COUNT(*) {tail}", groups.join(", ")),
        about: About::Unique {
            table: table.to_owned(),
            index: index.to_owned(),
        },
    }
}

fn orphans(dialect: Dialect, table: &str, key: &crate::schema::ForeignKey) -> Check {
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
