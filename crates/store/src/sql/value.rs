//! Values on their way into a statement. Each says its type even when it is NULL, since PostgreSQL asks for it.

use chrono::{DateTime, NaiveDateTime, Utc};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};

use crate::dialect::{Dialect, SEED_TIME};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A whole number.
    Int(Option<i64>),
    /// Text.
    Text(Option<String>),
    /// JSON, as text.
    Json(Option<String>),
    /// A time of one of the seed's columns.
    Time(Option<DateTime<Utc>>),
    /// A time of one of the seed's columns as it was read ([`super::Row::place`]), to compare with.
    Place(String),
}

impl Value {
    /// The JSON of a column of that type.
    pub(crate) fn json(text: impl Into<String>) -> Self {
        Self::Json(Some(text.into()))
    }
}

macro_rules! value_from {
    ($($from:ty => $variant:ident($into:expr)),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(Some($into(value)))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$variant(value.map($into))
            }
        }
    )*};
}
value_from! {
    i64 => Int(i64::from),
    i32 => Int(i64::from),
    u32 => Int(i64::from),
    u16 => Int(i64::from),
    bool => Int(i64::from),
    String => Text(String::from),
    &String => Text(String::from),
    &str => Text(String::from),
    DateTime<Utc> => Time(DateTime::from),
}

/// One bound value, in the form that its driver takes.
macro_rules! bind_one {
    ($query:expr, $value:expr, $time:expr, $place:expr, $json:expr) => {
        match $value {
            Value::Int(number) => $query.bind(number),
            Value::Text(text) => $query.bind(text),
            Value::Json(text) => $query.bind(text.map($json)),
            Value::Time(at) => $query.bind(at.map($time)),
            Value::Place(text) => $query.bind($place(text)),
        }
    };
}

type Sqlite = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;
type Pg = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;
type MySql = sqlx::query::Query<'static, sqlx::MySql, sqlx::mysql::MySqlArguments>;

pub(super) fn bind_sqlite(query: Sqlite, value: Value) -> Sqlite {
    let same = std::convert::identity::<String>;
    bind_one!(query, value, crate::dialect::seed_time, same, same)
}

pub(super) fn bind_postgres(query: Pg, value: Value) -> Pg {
    bind_one!(query, value, |at| at.naive_utc(), PgPlace, PgJson)
}

pub(super) fn bind_mysql(query: MySql, value: Value) -> MySql {
    let same = std::convert::identity::<String>;
    bind_one!(query, value, |at| at.naive_utc(), same, same)
}

/// The number of the type `json` (pg_type.dat).
const JSON: Oid = Oid(114);

/// JSON text for a column of type `json`, as it is.
struct PgJson(String);

impl Type<Postgres> for PgJson {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(JSON)
    }
}

impl Encode<'_, Postgres> for PgJson {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

/// A time to compare with, which may be `infinity`.
struct PgPlace(String);

impl Type<Postgres> for PgPlace {
    fn type_info() -> PgTypeInfo {
        <NaiveDateTime as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for PgPlace {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = match self.0.as_str() {
            super::row::INFINITY => i64::MAX,
            super::row::MINUS_INFINITY => i64::MIN,
            text => {
                let at = NaiveDateTime::parse_from_str(text, SEED_TIME)?;
                return <NaiveDateTime as Encode<'_, Postgres>>::encode_by_ref(&at, buffer);
            }
        };
        buffer.extend_from_slice(&micros.to_be_bytes());
        Ok(IsNull::No)
    }
}

/// `?` becomes `$1`, `$2`, … where the database counts its values. Text between quotes stays.
pub(super) fn placeholders(dialect: Dialect, text: &str) -> std::borrow::Cow<'_, str> {
    if dialect != Dialect::Postgres || !text.contains('?') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let (mut quoted, mut number) = (None, 0);
    for letter in text.chars() {
        match (quoted, letter) {
            (None, '?') => {
                number += 1;
                out.push('$');
                out.push_str(&number.to_string());
                continue;
            }
            (None, '\'' | '"') => quoted = Some(letter),
            (Some(open), close) if open == close => quoted = None,
            _ => {}
        }
        out.push(letter);
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_quotes() {
        let text = r#"SELECT '?' , "a?" FROM t WHERE a = ? AND b = 'it''s ?' AND c = ?"#;
        let wanted = r#"SELECT '?' , "a?" FROM t WHERE a = $1 AND b = 'it''s ?' AND c = $2"#;
        assert_eq!(placeholders(Dialect::Postgres, text), wanted);
        assert_eq!(placeholders(Dialect::MariaDb, text), text);
    }
}
