//! Tags of a guest.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::macros::name_type;

name_type! {
    /// One tag in lower case, as the cluster would write it.
    Tag, "tag", "lower-case letters, digits, `-`, `_`, `+` and `.`, not starting with `-`, `+` or `.`, at most 100", is_tag
}

impl Tag {
    /// The nearest tag to any text: lower case, other characters as `-`. `None` when nothing is left.
    #[must_use]
    pub fn nearest(text: &str) -> Option<Tag> {
        let kept: String = text
            .to_lowercase()
            .chars()
            .take(100)
            .map(|c| if inner(c) { c } else { '-' })
            .collect();
        kept.trim_matches(|c| "-+.".contains(c)).parse().ok()
    }
}

fn is_tag(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.chars().all(inner)
        && text.starts_with(|c: char| !"-+.".contains(c))
}

fn inner(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || "-_+.".contains(c)
}

/// The tags of a guest: sorted, each once, `a;b` on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(BTreeSet<Tag>);

impl Tags {
    /// Reads what a cluster shows: parted by `;`, `,` or spaces, in any case. What is no tag is left out.
    #[must_use]
    pub fn of_config(text: &str) -> Tags {
        let parts = text.split(|c: char| c == ';' || c == ',' || c.is_whitespace());
        Tags(
            parts
                .filter_map(|part| part.to_lowercase().parse().ok())
                .collect(),
        )
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        self.0.iter().any(|own| own.as_str() == tag)
    }

    /// One after the other, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Tag> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Tag> for Tags {
    fn from_iter<I: IntoIterator<Item = Tag>>(tags: I) -> Tags {
        Tags(tags.into_iter().collect())
    }
}

impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<&str> = self.0.iter().map(Tag::as_str).collect();
        f.write_str(&parts.join(";"))
    }
}

impl FromStr for Tags {
    type Err = super::BadName;

    fn from_str(text: &str) -> Result<Tags, super::BadName> {
        text.split(';')
            .filter(|part| !part.is_empty())
            .map(str::parse)
            .collect()
    }
}
