//! The parameters of a URL: each is taken once, and none is left over.

use std::path::PathBuf;
use std::time::Duration;

use super::BadTarget;
use crate::text;

/// Parameters that are still to be looked at.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    known: &'static [&'static str],
}

impl Query {
    /// Refuses what is not known, what comes twice and what has no value: nothing is ignored silently.
    pub(super) fn new(
        pairs: Vec<(String, String)>,
        known: &'static [&'static str],
    ) -> Result<Self, BadTarget> {
        for (at, (key, value)) in pairs.iter().enumerate() {
            if !known.contains(&key.as_str()) {
                return Err(BadTarget::Key(shown(key), known));
            }
            if value.is_empty() {
                return Err(BadTarget::Value(key.clone(), text::A_VALUE));
            }
            if pairs[..at].iter().any(|(earlier, _)| earlier == key) {
                return Err(BadTarget::Twice(key.clone()));
            }
        }
        Ok(Self { pairs, known })
    }

    /// The value of a parameter.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        debug_assert!(self.known.contains(&key), "{key} is read but not known");
        let found = self.pairs.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a parameter as something else. `expected` says what would be taken.
    pub(super) fn read<T>(
        &self,
        key: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, BadTarget> {
        let bad = || BadTarget::Value(key.to_owned(), expected);
        let value = self.text(key).map(|value| read(value).ok_or_else(bad));
        value.transpose()
    }

    /// True or false, in the words that SQLAlchemy takes.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, BadTarget> {
        self.read(key, text::A_FLAG, |value| {
            match value.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "y" | "t" | "1" => Some(true),
                "false" | "no" | "off" | "n" | "f" | "0" => Some(false),
                _ => None,
            }
        })
    }

    /// A file.
    pub(super) fn file(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// Whole seconds, from 1 to 600.
    pub(super) fn seconds(&self, key: &str) -> Result<Option<Duration>, BadTarget> {
        self.read(key, text::SECONDS, |value| {
            let seconds = value.parse().ok().filter(|s| (1..=600).contains(s));
            seconds.map(Duration::from_secs)
        })
    }
}

/// A name that may be shown: one that looks like the name of a parameter.
fn shown(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !key.is_empty() && key.len() <= 40 && key.chars().all(plain) {
        key.to_owned()
    } else {
        "?".to_owned()
    }
}
