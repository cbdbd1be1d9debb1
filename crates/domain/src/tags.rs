//! Tags: short words by which users sort their deployments. The column holds them comma-separated, as the seed document
//! has it, so a tag holds no comma.

use std::fmt;
use std::str::FromStr;

/// Characters that the column takes, commas included.
const LONGEST_COLUMN: usize = 255;
/// Characters of one tag.
const LONGEST_TAG: usize = 100;

/// One tag: text without commas and control characters, without space around it, 1 to 100 characters. Compared bytewise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(String);

/// The tags of a deployment, each once, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(Vec<Tag>);

/// A change of the tags of a deployment: first `replace`, then `remove`, then `add`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagChange {
    /// These instead of those that are there.
    pub replace: Option<Tags>,
    /// Without these.
    pub remove: Tags,
    /// With these.
    pub add: Tags,
}

/// Tags that cannot be taken, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTags {
    /// Not a tag.
    #[error(
        "`{0}` is not a tag: a tag is 1 to 100 characters, without commas and control characters"
    )]
    Shape(String),
    /// Together they do not fit into the column.
    #[error("The tags are longer than 255 characters together, the commas between them included")]
    TooLong,
}

impl Tag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when a column of comma-separated tags holds this one; space around commas is no part of a tag.
    pub fn is_in(&self, column: &str) -> bool {
        split(column).any(|tag| tag == self.0)
    }
}

impl FromStr for Tag {
    type Err = BadTags;

    fn from_str(text: &str) -> Result<Self, BadTags> {
        let tag = text.trim();
        let is_tag = !tag.is_empty()
            && tag.chars().count() <= LONGEST_TAG
            && !tag.chars().any(|c| c == ',' || c.is_control());
        if is_tag {
            Ok(Self(tag.to_owned()))
        } else {
            let shown = text.chars().filter(|c| !c.is_control()).take(LONGEST_TAG);
            Err(BadTags::Shape(shown.collect()))
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tags {
    /// These tags, each once.
    ///
    /// # Errors
    /// When they do not fit into the column.
    pub fn new(tags: impl IntoIterator<Item = Tag>) -> Result<Self, BadTags> {
        let mut all: Vec<Tag> = Vec::new();
        for tag in tags {
            if !all.contains(&tag) {
                all.push(tag);
            }
        }
        let characters: usize = all.iter().map(|tag| tag.0.chars().count()).sum();
        if characters + all.len().saturating_sub(1) > LONGEST_COLUMN {
            return Err(BadTags::TooLong);
        }
        Ok(Self(all))
    }

    /// As the column holds them; none when there are none.
    pub fn column(&self) -> Option<String> {
        let words: Vec<&str> = self.0.iter().map(Tag::as_str).collect();
        (!words.is_empty()).then(|| words.join(","))
    }

    /// The tags, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Tag> {
        self.0.iter()
    }
}

impl FromStr for Tags {
    type Err = BadTags;

    /// Comma-separated; empty ones between commas are passed over.
    fn from_str(text: &str) -> Result<Self, BadTags> {
        let tags: Result<Vec<Tag>, BadTags> = split(text).map(str::parse).collect();
        Self::new(tags?)
    }
}

impl TagChange {
    /// True when nothing would change, whatever is there.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The tags after the change. What another program wrote into the column and is no tag is kept.
    ///
    /// # Errors
    /// When they do not fit into the column.
    pub fn apply(&self, column: Option<&str>) -> Result<Tags, BadTags> {
        let before = || {
            let there = split(column.unwrap_or_default());
            there.map(|tag| Tag(tag.to_owned())).collect()
        };
        let base = self.replace.as_ref().map_or_else(before, |to| to.0.clone());
        let kept = base.into_iter().filter(|tag| !self.remove.0.contains(tag));
        Tags::new(kept.chain(self.add.0.iter().cloned()))
    }
}

fn split(column: &str) -> impl Iterator<Item = &str> {
    column
        .split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn tags(text: &str) -> Tags {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("web,prod", Some("web,prod"))]
    #[case(" web , prod,,web ", Some("web,prod"))]
    #[case("", None)]
    #[case(" , ", None)]
    fn tags_are_read_as_people_write_them(#[case] text: &str, #[case] column: Option<&str>) {
        assert_eq!(tags(text).column().as_deref(), column);
    }

    #[rstest]
    #[case("web", "web,prod", true)]
    #[case("web", "prod, web", true)]
    #[case("web", "website,Web", false)]
    #[case("web", "", false)]
    fn a_tag_is_found_whole(#[case] tag: &str, #[case] column: &str, #[case] is_in: bool) {
        assert_eq!(tag.parse::<Tag>().unwrap().is_in(column), is_in);
    }

    #[rstest]
    #[case("a,b")]
    #[case("")]
    #[case(" ")]
    #[case("a\nb")]
    #[case("a\0")]
    fn what_is_no_tag(#[case] text: &str) {
        assert!(text.parse::<Tag>().is_err());
    }

    #[test]
    fn tags_fit_into_the_column() {
        let long = |n: usize| [format!("{n:0>99}"), "x".repeat(98), "y".repeat(56)].join(",");
        assert_eq!(long(1).len(), 255);
        assert!(long(1).parse::<Tags>().is_ok());
        assert_eq!(
            format!("{}y", long(1)).parse::<Tags>(),
            Err(BadTags::TooLong)
        );
        assert!("é".repeat(101).parse::<Tags>().is_err());
    }

    #[test]
    fn a_change_replaces_then_removes_then_adds() {
        let change = TagChange {
            replace: None,
            remove: tags("old"),
            add: tags("new,web"),
        };
        let after = change.apply(Some("web, old,odd")).unwrap();
        assert_eq!(after.column().as_deref(), Some("web,odd,new"));
        let replaced = TagChange {
            replace: Some(Tags::default()),
            ..TagChange::default()
        };
        assert_eq!(replaced.apply(Some("web")).unwrap().column(), None);
        assert!(TagChange::default().is_empty() && !replaced.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[ a-cé,]{0,60}") {
            let once = tags(&text);
            prop_assert_eq!(tags(&once.column().unwrap_or_default()), once);
        }
    }
}
