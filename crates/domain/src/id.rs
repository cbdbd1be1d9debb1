//! Identifiers. Each is a newtype with a parser, so that one kind can never be passed for another.

use std::fmt;
use std::str::FromStr;

use rand::Rng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Text that is not a well-formed identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid identifier")]
pub struct BadId(pub String);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new random identifier (version 4), from the caller's randomness.
            pub fn random(rng: &mut dyn Rng) -> Self {
                let mut bytes = [0u8; 16];
                rng.fill_bytes(&mut bytes);
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.hyphenated(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            /// Only the hyphenated 36-character form is an id; the other spellings of a UUID are not.
            fn from_str(text: &str) -> Result<Self, BadId> {
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(BadId(text.to_owned())),
                }
            }
        }
    };
}

uuid_id! {
    /// One deployment: the `id` column of the seed document.
    DeploymentId
}
uuid_id! {
    /// One release of a deployment.
    ReleaseId
}
uuid_id! {
    /// One durable unit of work.
    JobId
}
uuid_id! {
    /// One place: a data folder, and with it the machine that holds the guests made there.
    PlaceId
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) { Ok(Self(text.to_owned())) } else { Err(BadId(text.to_owned())) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;

            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

text_id! {
    /// One guest: `g` and 12 lower-case hexadecimal digits. It is also the nonce that a driver writes on what it makes,
    /// so an ambiguous answer is resolved by looking for it.
    GuestId,
    |text| text.len() == 13 && text.starts_with('g') && is_lower_hex(&text[1..])
}
text_id! {
    /// One artifact: the SHA-256 of its content, 64 lower-case hexadecimal digits.
    ArtifactId,
    |text| text.len() == 64 && is_lower_hex(text)
}
text_id! {
    /// One base: runtimes with their versions and the recipe, such as `python-3.11.7_node-20.20.2_r1`.
    BaseId,
    |text| {
        !text.is_empty()
            && text.len() <= 128
            && !text.starts_with('.')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b))
    }
}

impl GuestId {
    /// A new random guest id, from the caller's randomness.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self(format!("g{:012x}", rng.next_u64() >> 16))
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
