//! How the seed's columns hold time, and how a server is asked for its own.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::Dialect;

/// How time is spelled in a text column.
pub(crate) const SEED_TIME: &str = "%Y-%m-%d %H:%M:%S%.6f";

/// Time as SQLAlchemy writes it into a DATETIME column of SQLite: `2026-11-22 08:30:38.672045`, UTC without a zone.
pub(crate) fn seed_time(at: DateTime<Utc>) -> String {
    at.format(SEED_TIME).to_string()
}

/// Reads [`seed_time`] and what else is met there: no fraction, `T` between date and time, a zone.
pub(crate) fn read_seed_time(text: &str) -> Option<DateTime<Utc>> {
    let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    match naive {
        Some(naive) => Some(naive.and_utc()),
        None => text.parse::<DateTime<Utc>>().ok(),
    }
}

/// Asks a server for its time, in microseconds since 1970, as `now`; SQLite has no time of its own.
pub(crate) fn now(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => {
            Some("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now")
        }
        Dialect::MySql | Dialect::MariaDb => {
            Some("SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED) AS now")
        }
    }
}
