//! One value of a row, and its JSON.

use std::fmt;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// One value, as the database held it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text; also times (`YYYY-MM-DD HH:MM:SS.ffffff`) and JSON.
    Text(String),
    /// A number with a fraction. Only SQLite has them, where another program wrote one.
    Real(f64),
    /// Bytes. Only SQLite has them, where another program wrote some.
    Blob(Vec<u8>),
    /// Text that is not UTF-8. Only SQLite has it, where another program wrote it.
    BadText(Vec<u8>),
}

impl Value {
    /// Appends its JSON.
    pub(super) fn render(&self, line: &mut Vec<u8>) {
        // Writing to a vector never fails, and none of these is a value that JSON cannot hold.
        let _infallible = match self {
            Self::Null => line.write_all(b"null"),
            Self::Integer(number) => write!(line, "{number}"),
            Self::Text(text) => serde_json::to_writer(line, text).map_err(Into::into),
            Self::Real(number) => write!(line, r#"{{"real":"{number:?}"}}"#),
            Self::Blob(bytes) => write!(line, r#"{{"blob":"{}"}}"#, STANDARD.encode(bytes)),
            Self::BadText(bytes) => write!(line, r#"{{"text":"{}"}}"#, STANDARD.encode(bytes)),
        };
    }

    /// About how long its JSON is, at least.
    pub(crate) fn least(&self) -> usize {
        match self {
            Self::Null | Self::Integer(_) | Self::Real(_) => 1,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) | Self::BadText(bytes) => bytes.len(),
        }
    }
}

impl fmt::Display for Value {
    /// For a message: at most 60 characters, nothing that moves a cursor.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number}"),
            Self::Blob(_) => f.write_str("(bytes)"),
            Self::BadText(bytes) => short(f, &String::from_utf8_lossy(bytes)),
            Self::Text(text) => short(f, text),
        }
    }
}

fn short(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for c in text.chars().take(60) {
        write!(f, "{}", if c.is_control() { '?' } else { c })?;
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a whole number, a string, or one of real, blob, text")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number)
            .map(Value::Integer)
            .map_err(|_| E::custom("a number beyond 64 bits"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some((kind, text)) = map.next_entry::<Kind, String>()? else {
            return Err(de::Error::custom("an empty object"));
        };
        let bytes = || STANDARD.decode(&text).map_err(de::Error::custom);
        let value = match kind {
            Kind::Real => Value::Real(text.parse().map_err(de::Error::custom)?),
            Kind::Blob => Value::Blob(bytes()?),
            Kind::Text => Value::BadText(bytes()?),
        };
        match map.next_key::<Kind>()? {
            None => Ok(value),
            Some(_) => Err(de::Error::custom("a value of two kinds")),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Real,
    Blob,
    Text,
}
