//! Typed reading of columns.

use std::fmt::Display;
use std::str::FromStr;

use crate::sql::Row;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Fault, Ran};

/// Columns of Havre's own tables, where a value that cannot be read is a fault.
pub(crate) trait Read {
    fn text_opt(&self, column: &str) -> Ran<Option<String>>;
    fn int_opt(&self, column: &str) -> Ran<Option<i64>>;

    fn text(&self, column: &str) -> Ran<String> {
        self.text_opt(column)?
            .ok_or_else(|| unreadable(column, "no text"))
    }

    fn int(&self, column: &str) -> Ran<i64> {
        self.int_opt(column)?
            .ok_or_else(|| unreadable(column, "no number"))
    }

    fn flag(&self, column: &str) -> Ran<bool> {
        Ok(self.int(column)? != 0)
    }

    fn number<T: TryFrom<i64>>(&self, column: &str) -> Ran<T> {
        T::try_from(self.int(column)?).map_err(|_| unreadable(column, "out of range"))
    }

    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Ran<T> {
        parse(column, &self.text(column)?)
    }

    fn parsed_opt<T: FromStr<Err: Display>>(&self, column: &str) -> Ran<Option<T>> {
        self.text_opt(column)?
            .map(|text| parse(column, &text))
            .transpose()
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Ran<T> {
        from_json(column, &self.text(column)?)
    }

    fn json_opt<T: DeserializeOwned>(&self, column: &str) -> Ran<Option<T>> {
        self.text_opt(column)?
            .map(|text| from_json(column, &text))
            .transpose()
    }

    /// One of a serde enum's words.
    fn word<T: DeserializeOwned>(&self, column: &str) -> Ran<T> {
        let value = serde_json::Value::String(self.text(column)?);
        serde_json::from_value(value).map_err(|_| unreadable(column, "unknown word"))
    }

    fn time(&self, column: &str) -> Ran<DateTime<Utc>> {
        self.time_opt(column)?
            .ok_or_else(|| unreadable(column, "no time"))
    }

    fn time_opt(&self, column: &str) -> Ran<Option<DateTime<Utc>>> {
        Ok(self
            .int_opt(column)?
            .and_then(DateTime::from_timestamp_micros))
    }
}

impl Read for Row {
    fn text_opt(&self, column: &str) -> Ran<Option<String>> {
        Ok(Self::text_opt(self, column)?)
    }

    fn int_opt(&self, column: &str) -> Ran<Option<i64>> {
        Ok(Self::int_opt(self, column)?)
    }
}

fn parse<T: FromStr<Err: Display>>(column: &str, text: &str) -> Ran<T> {
    text.parse()
        .map_err(|error: T::Err| unreadable(column, &error.to_string()))
}

fn from_json<T: DeserializeOwned>(column: &str, text: &str) -> Ran<T> {
    serde_json::from_str(text).map_err(|error| unreadable(column, &error.to_string()))
}

fn unreadable(column: &str, why: &str) -> Fault {
    Fault::Unreadable(format!("column {column}: {why}"))
}

/// Time as Havre's own tables hold it.
pub(crate) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// A value as a JSON column holds it.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Ran<String> {
    serde_json::to_string(value).map_err(|error| Fault::Unreadable(error.to_string()))
}
