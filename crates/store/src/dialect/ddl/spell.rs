//! Names, values and texts, so that nothing in them is read as anything else.

use super::Dialect;
use crate::schema::{Default, REBUILT};

/// A name, quoted: reserved words are names like others.
pub(super) fn name(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        Dialect::MySql | Dialect::MariaDb => format!("`{}`", name.replace('`', "``")),
    }
}

/// Names, quoted, with commas.
pub(super) fn names<'a>(dialect: Dialect, names: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|it| name(dialect, it)).collect();
    quoted.join(", ")
}

/// What a table is called while it is rebuilt.
pub(super) fn rebuilt(table: &str) -> String {
    format!("{REBUILT}{table}")
}

/// Text as a literal. MySQL reads backslashes in it (unless told not to, which Havre's connections are not).
pub(super) fn text(dialect: Dialect, text: &str) -> String {
    let text = text.replace('\'', "''");
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("'{text}'"),
        Dialect::MySql | Dialect::MariaDb => format!("'{}'", text.replace('\\', "\\\\")),
    }
}

/// A value, as it stands in a statement.
pub(super) fn value(dialect: Dialect, value: &Default) -> String {
    match value {
        Default::Number(number) => number.to_string(),
        Default::Text(it) => text(dialect, it),
        Default::Now => now(dialect).into(),
        Default::Other(spelled) => spelled.clone(),
    }
}

/// The present time, UTC. SQLite counts milliseconds; six digits are written as everywhere.
fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "(strftime('%Y-%m-%d %H:%M:%f','now') || '000')",
        Dialect::Postgres => "(now() AT TIME ZONE 'utc')",
        Dialect::MySql => "(UTC_TIMESTAMP(6))",
        Dialect::MariaDb => "UTC_TIMESTAMP(6)",
    }
}
