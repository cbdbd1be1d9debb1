//! What the columns of the seed's table hold. SQLite does not check a length, PostgreSQL refuses NUL, and MySQL refuses
//! both or cuts: so that all three do the same, they are never asked.

use chrono::{DateTime, Datelike, Utc};

use crate::error::{Ran, refused};
use crate::text::records as text;

/// Bytes of a `TEXT` column of MySQL.
const MOST_TEXT: usize = 65_535;
/// Bytes of a story that the engine writes: below [`MOST_TEXT`], with room for what is put before it.
const MOST_STORY: usize = 60_000;
/// Bytes of the JSON of a row.
const MOST_JSON: usize = 65_535;
/// MySQL refuses JSON that is nested deeper than this; what reads it back stops a little later.
const MOST_DEPTH: usize = 100;

/// The text columns with a length, in characters.
pub(super) const LENGTHS: [(&str, usize); 9] = [
    ("id", 36),
    ("name", 255),
    ("deployment_type", 50),
    ("framework", 100),
    ("github_url", 500),
    ("status", 50),
    ("ip_address", 50),
    ("user_id", 100),
    ("tags", 255),
];

/// The length of a column that has one.
pub(crate) fn length(column: &str) -> Option<usize> {
    let found = LENGTHS.iter().find(|(name, _)| *name == column);
    found.map(|(_, length)| *length)
}

/// Text for a column.
pub(super) fn text(column: &'static str, value: &str) -> Ran<()> {
    if value.contains('\0') {
        return refused(text::nul(column));
    }
    match length(column) {
        Some(most) if value.chars().count() > most => {
            refused(text::too_long(column, value.chars().count(), most))
        }
        None if value.len() > MOST_TEXT => {
            refused(text::too_many_bytes(column, value.len(), MOST_TEXT))
        }
        _ => Ok(()),
    }
}

/// Text for a column that may be empty of any.
pub(super) fn maybe(column: &'static str, value: Option<&str>) -> Ran<()> {
    value.map_or(Ok(()), |value| text(column, value))
}

/// JSON as its column holds it.
pub(super) fn json(column: &'static str, value: &serde_json::Value) -> Ran<String> {
    if is_deep(value) {
        return refused(text::too_deep(column, MOST_DEPTH));
    }
    let spelled = value.to_string();
    if spelled.len() > MOST_JSON {
        return refused(text::too_many_bytes(column, spelled.len(), MOST_JSON));
    }
    if spelled.contains("\\u0000") && has_nul(value) {
        return refused(text::nul(column));
    }
    Ok(spelled)
}

/// Level by level: a value that was built by a program may be deeper than the stack.
fn is_deep(value: &serde_json::Value) -> bool {
    let mut level = vec![value];
    for _ in 0..MOST_DEPTH {
        level = level.into_iter().flat_map(children).collect();
        if level.is_empty() {
            return false;
        }
    }
    true
}

fn children(value: &serde_json::Value) -> Vec<&serde_json::Value> {
    match value {
        serde_json::Value::Array(all) => all.iter().collect(),
        serde_json::Value::Object(all) => all.values().collect(),
        _ => Vec::new(),
    }
}

fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(all) => all.iter().any(has_nul),
        serde_json::Value::Object(all) => all
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// A time as all three hold it: whole microseconds, in a year of four digits.
pub(super) fn time(column: &'static str, at: DateTime<Utc>) -> Ran<DateTime<Utc>> {
    let whole = DateTime::from_timestamp_micros(at.timestamp_micros());
    match whole.filter(|at| (1000..=9999).contains(&at.year())) {
        Some(at) => Ok(at),
        None => refused(text::out_of_calendar(column)),
    }
}

/// A story as the column `error_message` holds it on every database: without NUL, and cut between two characters.
pub(crate) fn story(text: &str) -> String {
    let mut end = text.len().min(MOST_STORY);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // The replacement is three bytes long.
    let clean = text[..end].replace('\0', "\u{fffd}");
    if clean.len() <= MOST_STORY {
        return clean;
    }
    story(&clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(text("tags", &"é".repeat(255)).is_ok());
        assert!(text("tags", &"é".repeat(256)).is_err());
        assert!(text("error_message", &"é".repeat(32_767)).is_ok());
        assert!(text("error_message", &"é".repeat(32_768)).is_err());
        assert!(text("name", "a\0b").is_err());
    }

    #[test]
    fn json_is_bounded_and_without_nul() {
        assert!(json("resources", &json!({"cores": 2})).is_ok());
        assert!(json("resources", &json!({"a": ["x\0"]})).is_err());
        assert!(json("resources", &json!({"a\0": 1})).is_err());
        // A backslash before the letters is no NUL.
        assert!(json("resources", &json!(["\\u0000"])).is_ok());
        assert!(json("resources", &json!("x".repeat(65_534))).is_err());
        let mut deep = json!(1);
        for _ in 0..99 {
            deep = Value::Array(vec![deep]);
        }
        assert!(json("resources", &deep).is_ok());
        assert!(json("resources", &Value::Array(vec![deep])).is_err());
    }

    #[test]
    fn times_are_whole_microseconds_of_our_calendar() {
        let at = DateTime::from_timestamp_nanos(1_795_000_000_123_456_789);
        let kept = time("created_at", at).unwrap();
        assert_eq!(kept.timestamp_subsec_nanos(), 123_456_000);
        assert!(time("created_at", DateTime::<Utc>::MAX_UTC).is_err());
        assert!(time("created_at", DateTime::<Utc>::MIN_UTC).is_err());
    }

    proptest! {
        #[test]
        fn a_story_fits_on_every_database(text in "[a\\x00é🦀]{0,200}", times in 1..2000usize) {
            let long = text.repeat(times);
            let kept = story(&long);
            prop_assert!(kept.len() <= MOST_STORY);
            prop_assert!(!kept.contains('\0'));
            if long.len() < MOST_STORY && !long.contains('\0') {
                prop_assert_eq!(kept, long);
            }
        }
    }
}
