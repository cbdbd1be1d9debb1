//! Names of deployments and the host labels made from them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a deployment: 3 to 50 of `a-z A-Z 0-9 _ -`, the original's rule, and stricter where the original
/// let through what could not work: no leading `-` (an option on a command line), nothing that reads as a UUID (an id),
/// and its [`HostLabel`] must be legal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// A name that cannot be taken, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// The original's message, word for word: scripts match on it.
    #[error(
        "Invalid deployment name. Must be alphanumeric with hyphens/underscores, 3-50 characters"
    )]
    Shape,
    /// A name like this could not be told from an id.
    #[error(
        "Invalid deployment name. A name that reads as an id (UUID) could not be told from one"
    )]
    LooksLikeId,
    /// The name starts or ends with what a host name must not.
    #[error(
        "Invalid deployment name. Its host name `{0}` must start and end with a letter or a digit"
    )]
    Label(String),
}

/// The lower-case DNS label under which a deployment is served: its name with `_` turned into `-`.
/// Unique among live managed deployments.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostLabel(String);

impl Name {
    /// The name as the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host label of this name.
    pub fn label(&self) -> HostLabel {
        HostLabel(label_of(&self.0))
    }
}

fn label_of(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

fn is_label(label: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = label.as_bytes();
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !(3..=50).contains(&text.len()) || !text.bytes().all(legal) {
            return Err(BadName::Shape);
        }
        if uuid::Uuid::try_parse(text).is_ok() {
            return Err(BadName::LooksLikeId);
        }
        let label = label_of(text);
        if !is_label(&label) {
            return Err(BadName::Label(label));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for HostLabel {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        if is_label(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName::Label(text.to_owned()))
        }
    }
}

impl HostLabel {
    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_newtype {
    ($name:ident, $error:ty) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    };
}
text_newtype!(Name, BadName);
text_newtype!(HostLabel, BadName);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("my-app", "my-app")]
    #[case("My_App2", "my-app2")]
    #[case("abc", "abc")]
    fn good_names_have_a_label(#[case] name: &str, #[case] label: &str) {
        assert_eq!(name.parse::<Name>().unwrap().label().as_str(), label);
    }

    #[rstest]
    #[case("ab")]
    #[case("-help")]
    #[case("---")]
    #[case("app_")]
    #[case("my app")]
    #[case("app\n")]
    #[case("é-app")]
    #[case("550e8400-e29b-41d4-a716-446655440000")]
    #[case("550e8400e29b41d4a716446655440000")]
    fn bad_names_are_refused(#[case] name: &str) {
        assert!(name.parse::<Name>().is_err(), "{name:?}");
    }

    proptest! {
        #[test]
        fn every_name_makes_a_legal_label(text in "[a-zA-Z0-9_-]{1,60}") {
            if let Ok(name) = text.parse::<Name>() {
                prop_assert!(name.label().as_str().parse::<HostLabel>().is_ok());
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<Name>();
        }
    }
}
