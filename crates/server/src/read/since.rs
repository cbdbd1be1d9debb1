//! Times in queries: `2026-11-22T08:30:00Z`, or a span before now such as `10m`.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use crate::error::ApiError;
use crate::text;

/// Reads `?since=`.
pub(crate) fn since(given: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, ApiError> {
    moment(given)
        .or_else(|| span(given).and_then(|span| now.checked_sub_signed(span)))
        .ok_or_else(|| ApiError::bad_input("since", text::must_be("since", text::SINCE_SHAPE)))
}

/// With a zone, or as the API itself writes times: UTC without one.
fn moment(given: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(given).map(|time| time.to_utc());
    let naive = || given.parse::<NaiveDateTime>().map(|time| time.and_utc());
    zoned.or_else(|_| naive()).ok()
}

fn span(given: &str) -> Option<Duration> {
    let (count, unit) = given.split_at_checked(given.len().checked_sub(1)?)?;
    let count: i64 = count.parse().ok().filter(|count| *count >= 0)?;
    match unit {
        "s" => Duration::try_seconds(count),
        "m" => Duration::try_minutes(count),
        "h" => Duration::try_hours(count),
        "d" => Duration::try_days(count),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn now() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[rstest]
    #[case("2026-11-22T08:30:00Z", "2026-11-22T08:30:00Z")]
    #[case("2026-11-22T08:30:00+01:00", "2026-11-22T07:30:00Z")]
    #[case("2026-11-22T08:30:00.5", "2026-11-22T08:30:00.5Z")]
    #[case("10m", "2026-11-22T11:50:00Z")]
    #[case("2h", "2026-11-22T10:00:00Z")]
    #[case("1d", "2026-11-21T12:00:00Z")]
    #[case("0s", "2026-11-22T12:00:00Z")]
    fn good_times(#[case] given: &str, #[case] is: DateTime<Utc>) {
        assert_eq!(since(given, now()).unwrap(), is);
    }

    #[rstest]
    #[case("")]
    #[case("m")]
    #[case("-5m")]
    #[case("5")]
    #[case("yesterday")]
    #[case("9999999999999999999d")]
    #[case("9223372036854775807d")]
    #[case("5é")]
    fn bad_times(#[case] given: &str) {
        assert!(since(given, now()).is_err());
    }
}
