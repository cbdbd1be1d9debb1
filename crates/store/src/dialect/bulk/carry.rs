//! Values on their way from one database to another.

use chrono::{Datelike, NaiveDateTime, Timelike};
use serde::de::IgnoredAny;

use super::super::{Dialect, read_seed_time};
use crate::portable::Value;
use crate::schema::ColumnType;
use crate::text::backup as text;

/// What MySQL holds in some of its modes where there is no time.
const NO_TIME: &str = "0000-00-00 00:00:00.000000";
/// The most that a `TEXT` of MySQL holds, in bytes.
const MYSQL_TEXT: usize = 65_535;

/// Puts a value into the form in which a database holds it in a column of that type.
///
/// # Errors
/// It cannot hold it without changing what it says: why. Only SQLite holds everything.
pub(crate) fn carry(to: Dialect, kind: &ColumnType, value: &mut Value) -> Result<(), String> {
    if to == Dialect::Sqlite {
        return Ok(());
    }
    match (kind, &*value) {
        (_, Value::Null) => Ok(()),
        (_, Value::Blob(_)) => Err(text::BYTES.into()),
        (_, Value::BadText(_)) => Err(text::NOT_UTF8.into()),
        (_, Value::Text(held)) if to == Dialect::Postgres && held.contains('\0') => {
            Err(text::HAS_NUL.into())
        }
        (ColumnType::Integer, Value::Integer(number)) => match i32::try_from(*number) {
            Ok(_) => Ok(()),
            Err(_) => Err(text::TOO_LARGE_A_NUMBER.into()),
        },
        (ColumnType::BigInt, Value::Integer(_)) => Ok(()),
        (ColumnType::DateTime, Value::Text(held)) => {
            if let Some(spelled) = time(to, held)? {
                *value = Value::Text(spelled);
            }
            Ok(())
        }
        (ColumnType::Json, _) => json(value),
        (ColumnType::Varchar(_) | ColumnType::Text | ColumnType::LongText, Value::Text(held)) => {
            length(to, kind, held)
        }
        _ => Err(text::other_type(&String::from(kind.clone()))),
    }
}

fn length(to: Dialect, kind: &ColumnType, held: &str) -> Result<(), String> {
    match kind {
        // A text of so few bytes has no more characters.
        ColumnType::Varchar(most) if held.len() > *most as usize => {
            let characters = held.chars().count();
            if characters > *most as usize {
                return Err(text::too_long(characters, *most));
            }
        }
        ColumnType::Text if to != Dialect::Postgres && held.len() > MYSQL_TEXT => {
            return Err(text::too_many_bytes(held.len(), MYSQL_TEXT));
        }
        _ => {}
    }
    Ok(())
}

/// SQLite keeps JSON that is a bare number as a number.
fn json(value: &mut Value) -> Result<(), String> {
    let spelled = match &*value {
        Value::Integer(number) => number.to_string(),
        Value::Real(number) if number.is_finite() => format!("{number:?}"),
        Value::Text(held) => return is_json(held),
        _ => return Err(text::NOT_JSON.into()),
    };
    *value = Value::Text(spelled);
    Ok(())
}

/// How deep it may be is for the database to say.
fn is_json(held: &str) -> Result<(), String> {
    let parsed = serde_json::from_str::<IgnoredAny>(held);
    parsed.map(drop).map_err(|_| text::NOT_JSON.into())
}

/// The form that the database takes; none when it is in that form.
fn time(to: Dialect, held: &str) -> Result<Option<String>, String> {
    let special = match to {
        Dialect::Postgres => held == "infinity" || held == "-infinity",
        _ => held == NO_TIME,
    };
    if special || is_usual(held.as_bytes()) {
        return Ok(None);
    }
    let at = read_seed_time(held).ok_or(text::NOT_A_TIME)?.naive_utc();
    // Beyond microseconds, and leap seconds.
    if at.nanosecond() % 1000 != 0 || at.nanosecond() >= 1_000_000_000 {
        return Err(text::TOO_FINE_A_TIME.into());
    }
    spell(to, at).map(Some)
}

fn spell(to: Dialect, at: NaiveDateTime) -> Result<String, String> {
    let rest = at.format("%m-%d %H:%M:%S%.6f");
    match (to, at.year()) {
        (_, year @ 1000..=9999) => Ok(format!("{year}-{rest}")),
        (Dialect::Postgres, year @ -4712..=0) => Ok(format!("{:04}-{rest} BC", 1 - year)),
        (Dialect::Postgres, year @ 1..=294_276) => Ok(format!("{year:04}-{rest}")),
        _ => Err(text::YEAR_OUT_OF_RANGE.into()),
    }
}

/// `2026-11-22 08:30:38.672045`, of a day that every month has: nearly all there are, and found much faster.
fn is_usual(held: &[u8]) -> bool {
    const FORM: &[u8; 26] = b"0000-00-00 00:00:00.000000";
    let in_form = held.len() == FORM.len()
        && held.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        });
    let two = |at: usize| (held[at] - b'0') * 10 + (held[at + 1] - b'0');
    in_form
        && held[0] != b'0'
        && (1..=12).contains(&two(5))
        && (1..=28).contains(&two(8))
        && two(11) < 24
        && two(14) < 60
        && two(17) < 60
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn carried(to: Dialect, kind: &ColumnType, value: Value) -> Result<Value, String> {
        let mut value = value;
        carry(to, kind, &mut value).map(|()| value)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[rstest]
    #[case("2026-11-22 08:30:38.672045", "2026-11-22 08:30:38.672045")]
    #[case("2026-11-22 08:30:38", "2026-11-22 08:30:38.000000")]
    #[case("2026-11-30T08:30:38.5", "2026-11-30 08:30:38.500000")]
    #[case("2026-11-22 08:30:38.672045+02:00", "2026-11-22 06:30:38.672045")]
    #[case("2024-02-29 23:59:59.999999", "2024-02-29 23:59:59.999999")]
    fn times_keep_their_moment(#[case] held: &str, #[case] spelled: &str) {
        for to in [Dialect::Postgres, Dialect::MySql, Dialect::MariaDb] {
            assert_eq!(
                carried(to, &ColumnType::DateTime, text(held)),
                Ok(text(spelled))
            );
        }
    }

    #[rstest]
    #[case("yesterday")]
    #[case("")]
    #[case("2026-02-30 08:30:38.672045")]
    #[case("2026-13-01 08:30:38.672045")]
    #[case("2026-11-22 24:00:00.000000")]
    #[case("2026-11-22 08:30:38.6720451")]
    #[case("2026-11-22 23:59:60.000000")]
    #[case("99999-01-01 00:00:00.000000")]
    fn what_is_no_time_stays_where_it_is(#[case] held: &str) {
        assert!(carried(Dialect::MariaDb, &ColumnType::DateTime, text(held)).is_err());
        let kept = carried(Dialect::Sqlite, &ColumnType::DateTime, text(held));
        assert_eq!(kept, Ok(text(held)));
    }

    #[test]
    fn times_that_only_one_database_has() {
        for (held, to, not) in [
            ("infinity", Dialect::Postgres, Dialect::MySql),
            (NO_TIME, Dialect::MariaDb, Dialect::Postgres),
        ] {
            assert_eq!(
                carried(to, &ColumnType::DateTime, text(held)),
                Ok(text(held))
            );
            assert!(carried(not, &ColumnType::DateTime, text(held)).is_err());
        }
    }

    #[rstest]
    #[case(ColumnType::Integer, Value::Integer(1 << 31))]
    #[case(ColumnType::Integer, text("7"))]
    #[case(ColumnType::BigInt, Value::Real(1.5))]
    #[case(ColumnType::DateTime, Value::Integer(2026))]
    #[case(ColumnType::Json, text("{"))]
    #[case(ColumnType::Json, Value::Real(f64::INFINITY))]
    #[case(ColumnType::Varchar(3), text("ééé!"))]
    #[case(ColumnType::Varchar(3), Value::Blob(vec![1]))]
    #[case(ColumnType::Varchar(3), Value::BadText(vec![0xff]))]
    fn what_a_server_cannot_hold_is_refused(#[case] kind: ColumnType, #[case] value: Value) {
        for to in [Dialect::Postgres, Dialect::MySql, Dialect::MariaDb] {
            assert!(carried(to, &kind, value.clone()).is_err());
        }
        assert_eq!(carried(Dialect::Sqlite, &kind, value.clone()), Ok(value));
    }

    #[test]
    fn what_fits_is_carried() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let fits = [
            (ColumnType::Varchar(3), text("ééé"), text("ééé")),
            (ColumnType::Json, Value::Integer(5), text("5")),
            (ColumnType::Json, Value::Real(1.5), text("1.5")),
            (ColumnType::Json, text(&deep), text(&deep)),
            (ColumnType::Integer, Value::Integer(-5), Value::Integer(-5)),
            (ColumnType::DateTime, Value::Null, Value::Null),
        ];
        for (kind, value, wanted) in fits {
            assert_eq!(carried(Dialect::Postgres, &kind, value), Ok(wanted));
        }
        let nul = text("a\0b");
        assert!(carried(Dialect::Postgres, &ColumnType::Text, nul.clone()).is_err());
        assert_eq!(
            carried(Dialect::MySql, &ColumnType::Text, nul.clone()),
            Ok(nul)
        );
        let long = text(&"x".repeat(70_000));
        assert!(carried(Dialect::MySql, &ColumnType::Text, long.clone()).is_err());
        assert!(carried(Dialect::MySql, &ColumnType::LongText, long.clone()).is_ok());
        assert!(carried(Dialect::Postgres, &ColumnType::Text, long).is_ok());
    }
}
