//! Rows that came back, read leniently: other programs write the seed's table, and SQLite holds any type in any column.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use sqlx::error::BoxDynError;
use sqlx::mysql::MySqlRow;
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo, ValueRef};

use crate::dialect::{read_seed_time, seed_time};

/// How PostgreSQL spells the two times beyond all others.
pub(super) const INFINITY: &str = "infinity";
pub(super) const MINUS_INFINITY: &str = "-infinity";

/// PostgreSQL counts microseconds from here.
const POSTGRES_EPOCH: NaiveDateTime = match chrono::NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day.and_time(chrono::NaiveTime::MIN),
    None => panic!("a day of the calendar"),
};

/// One row.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
    MySql(MySqlRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self::Sqlite(row)
    }
}
impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self::Postgres(row)
    }
}
impl From<MySqlRow> for Row {
    fn from(row: MySqlRow) -> Self {
        Self::MySql(row)
    }
}

impl Row {
    /// Text; on SQLite also what can be spelled as text.
    pub(crate) fn text_opt(&self, column: &str) -> Result<Option<String>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get_unchecked(column),
            Self::Postgres(row) => postgres(row, column, postgres_text),
            Self::MySql(row) => row.try_get_unchecked(column),
        }
    }

    /// A whole number.
    pub(crate) fn int_opt(&self, column: &str) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => postgres(row, column, postgres_int),
            Self::MySql(row) => row.try_get_unchecked(column),
        }
    }

    /// A whole number; on SQLite also text that spells one.
    pub(crate) fn number_opt(&self, column: &str) -> Result<Option<i64>, sqlx::Error> {
        let Self::Sqlite(_) = self else {
            return self.int_opt(column);
        };
        let text = self.text_opt(column)?;
        let number = text.map(|text| text.parse()).transpose();
        number.map_err(|error| decode(column, error))
    }

    /// A time of one of the seed's columns.
    pub(crate) fn time_opt(&self, column: &str) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
        match self {
            Self::Sqlite(_) => {
                let text = self.text_opt(column)?;
                let time = text.map(|text| read_seed_time(&text).ok_or("not a time"));
                time.transpose().map_err(|error| decode(column, error))
            }
            Self::Postgres(row) => Ok(postgres(row, column, postgres_time)?.map(|at| at.and_utc())),
            Self::MySql(row) => {
                let at: Option<NaiveDateTime> = row.try_get_unchecked(column)?;
                Ok(at.map(|at| at.and_utc()))
            }
        }
    }

    /// A time of one of the seed's columns as it stands there, even if it is none: to go on from in an order.
    pub(crate) fn place(&self, column: &str) -> Result<String, sqlx::Error> {
        match self {
            Self::Sqlite(_) => Ok(self.text_opt(column)?.unwrap_or_default()),
            Self::Postgres(row) => {
                Ok(postgres(row, column, postgres_place)?.unwrap_or_else(|| INFINITY.into()))
            }
            Self::MySql(_) => {
                let at = self.time_opt(column)?;
                Ok(at.map_or_else(|| "0000-00-00 00:00:00.000000".into(), seed_time))
            }
        }
    }
}

fn decode(column: &str, error: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: error.into(),
    }
}

/// A value by its bytes: the driver's own readers insist on one type, and panic at `infinity`.
fn postgres<T>(
    row: &PgRow,
    column: &str,
    read: fn(PgValueRef<'_>) -> Result<T, BoxDynError>,
) -> Result<Option<T>, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(None);
    }
    read(value).map(Some).map_err(|error| decode(column, error))
}

/// Text, or JSON as text.
pub(crate) fn postgres_text(value: PgValueRef<'_>) -> Result<String, BoxDynError> {
    let is_jsonb = value.type_info().name() == "JSONB";
    let bytes = value.as_bytes()?;
    // The binary form of jsonb begins with the number of that form.
    let bytes = if is_jsonb {
        bytes.get(1..)
    } else {
        Some(bytes)
    };
    Ok(std::str::from_utf8(bytes.unwrap_or_default())?.to_owned())
}

/// A whole number of any width, or the number behind a time.
pub(crate) fn postgres_int(value: PgValueRef<'_>) -> Result<i64, BoxDynError> {
    Ok(match *value.as_bytes()? {
        [one] => i64::from(one),
        [a, b] => i64::from(i16::from_be_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => return Err("not a whole number".into()),
    })
}

fn postgres_time(value: PgValueRef<'_>) -> Result<NaiveDateTime, BoxDynError> {
    let micros = TimeDelta::microseconds(postgres_int(value)?);
    let at = POSTGRES_EPOCH.checked_add_signed(micros);
    at.ok_or_else(|| "a time out of all calendars".into())
}

/// A time as text, `infinity` too.
pub(crate) fn postgres_place(value: PgValueRef<'_>) -> Result<String, BoxDynError> {
    match postgres_int(value.clone())? {
        i64::MAX => Ok(INFINITY.into()),
        i64::MIN => Ok(MINUS_INFINITY.into()),
        _ => Ok(seed_time(postgres_time(value)?.and_utc())),
    }
}
