//! The order of a list, as text.

use std::fmt;
use std::str::FromStr;

use super::{Sort, SortBy};

/// What is no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sort must be created_at, name or status, with a `-` before it for the largest first")]
pub struct BadSort;

impl Default for Sort {
    /// `-created_at`: the newest first.
    fn default() -> Self {
        Self {
            by: SortBy::CreatedAt,
            descending: true,
        }
    }
}

impl SortBy {
    /// The word as users write it, and as the column is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Name => "name",
            Self::Status => "status",
        }
    }
}

impl FromStr for Sort {
    type Err = BadSort;

    /// `[-]created_at|name|status`.
    fn from_str(text: &str) -> Result<Self, BadSort> {
        let (descending, word) = match text.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, text),
        };
        let all = [SortBy::CreatedAt, SortBy::Name, SortBy::Status];
        let by = all.into_iter().find(|by| by.as_str() == word);
        by.map(|by| Self { by, descending }).ok_or(BadSort)
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.descending { "-" } else { "" };
        write!(f, "{sign}{}", self.by.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("created_at")]
    #[case("-created_at")]
    #[case("name")]
    #[case("-name")]
    #[case("status")]
    #[case("-status")]
    fn orders_are_read_and_written_alike(#[case] text: &str) {
        assert_eq!(text.parse::<Sort>().unwrap().to_string(), text);
    }

    #[rstest]
    #[case("")]
    #[case("-")]
    #[case("--name")]
    #[case("Name")]
    #[case("id")]
    #[case("name desc")]
    fn other_words_are_none(#[case] text: &str) {
        assert_eq!(text.parse::<Sort>(), Err(BadSort));
    }
}
