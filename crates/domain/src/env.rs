//! Environment variables of a deployment. Values are secrets: they never show in `Debug`, logs or errors.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value shorter than this is not masked in logs: masking `1` or `true` would make them unreadable.
pub const MASKED_FROM: usize = 8;

/// The name of an environment variable: letters, digits and `_`, not starting with a digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnvName(String);

/// A name or value that no environment can hold, or that Havre sets itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEnv {
    /// The name is not a legal one.
    #[error("`{0}` is not a legal name of an environment variable (letters, digits and _)")]
    Name(String),
    /// Havre sets this one; a user's value would break routing.
    #[error("`{0}` is set by Havre and cannot be changed")]
    Reserved(String),
    /// A NUL byte cannot be passed to a program.
    #[error("the value of `{0}` holds a NUL byte")]
    Nul(String),
    /// The value is larger than a program can be given (128 KiB on Linux).
    #[error("the value of `{0}` is longer than 128 KiB")]
    TooLong(String),
    /// More variables than a program can be given.
    #[error(
        "there are more than 1000 environment variables, or they are larger than 1 MiB together"
    )]
    TooMany,
}

const RESERVED: [&str; 5] = [
    "PORT",
    "HOST",
    "HAVRE_APP",
    "HAVRE_RELEASE",
    "SOURCE_COMMIT",
];
const MAX_VALUE: usize = 128 * 1024 - 4096;

impl EnvName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EnvName {
    type Err = BadEnv;

    fn from_str(text: &str) -> Result<Self, BadEnv> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let first_is_digit = text.bytes().next().is_none_or(|b| b.is_ascii_digit());
        if first_is_digit || text.len() > 255 || !text.bytes().all(legal) {
            return Err(BadEnv::Name(text.to_owned()));
        }
        if RESERVED.contains(&text) {
            return Err(BadEnv::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for EnvName {
    type Error = BadEnv;
    fn try_from(text: String) -> Result<Self, BadEnv> {
        text.parse()
    }
}

impl From<EnvName> for String {
    fn from(name: EnvName) -> String {
        name.0
    }
}

impl fmt::Display for EnvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The environment of one release. Iterates in the order of the names.
#[derive(Clone, Default)]
pub struct EnvVars(BTreeMap<EnvName, SecretString>);

/// A change to an environment: `Some` sets a value, `None` unsets it.
pub type EnvPatch = Vec<(EnvName, Option<SecretString>)>;

impl EnvVars {
    /// Sets one variable.
    pub fn set(&mut self, name: EnvName, value: &str) -> Result<(), BadEnv> {
        if value.contains('\0') {
            return Err(BadEnv::Nul(name.0));
        }
        if value.len() > MAX_VALUE {
            return Err(BadEnv::TooLong(name.0));
        }
        self.0.insert(name, SecretString::from(value.to_owned()));
        let bytes: usize = self.0.values().map(|v| v.expose_secret().len()).sum();
        if self.0.len() > 1000 || bytes > 1024 * 1024 {
            Err(BadEnv::TooMany)
        } else {
            Ok(())
        }
    }

    /// Applies a patch in order and gives the names whose value really changed.
    pub fn apply(&mut self, patch: &EnvPatch) -> Result<Vec<EnvName>, BadEnv> {
        let mut changed = Vec::new();
        for (name, value) in patch {
            let before = self.get(name).map(str::to_owned);
            match value {
                Some(value) => self.set(name.clone(), value.expose_secret())?,
                None => drop(self.0.remove(name)),
            }
            if self.get(name) != before.as_deref() {
                changed.push(name.clone());
            }
        }
        Ok(changed)
    }

    /// The value of one variable, in clear.
    pub fn get(&self, name: &EnvName) -> Option<&str> {
        self.0.get(name).map(ExposeSecret::expose_secret)
    }

    /// True when a variable of this name is set.
    pub fn has(&self, name: &str) -> bool {
        self.0.keys().any(|n| n.as_str() == name)
    }

    /// Name and value in clear, for what is about to run.
    pub fn iter(&self) -> impl Iterator<Item = (&EnvName, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name, value.expose_secret()))
    }

    /// The names alone.
    pub fn names(&self) -> impl Iterator<Item = &EnvName> {
        self.0.keys()
    }

    /// How many variables there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values long enough to be masked in logs.
    pub fn masked_values(&self) -> impl Iterator<Item = &str> {
        self.iter()
            .map(|(_, value)| value)
            .filter(|value| value.len() >= MASKED_FROM)
    }
}

impl fmt::Debug for EnvVars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.names().map(EnvName::as_str))
            .finish()
    }
}

impl PartialEq for EnvVars {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// In clear: only the store's encryption and a guest's own start file may serialise an environment.
impl Serialize for EnvVars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name.as_str(), value)))
    }
}

impl<'de> Deserialize<'de> for EnvVars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = BTreeMap::<EnvName, String>::deserialize(deserializer)?;
        let mut vars = EnvVars::default();
        for (name, value) in raw {
            vars.set(name, &value).map_err(serde::de::Error::custom)?;
        }
        Ok(vars)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> EnvName {
        text.parse().unwrap()
    }

    #[test]
    fn a_patch_says_what_changed() {
        let mut vars = EnvVars::default();
        vars.set(name("A"), "1").unwrap();
        vars.set(name("B"), "2").unwrap();
        let patch = vec![
            (name("A"), Some("1".to_owned().into())),
            (name("B"), None),
            (name("C"), Some("3".to_owned().into())),
        ];
        assert_eq!(vars.apply(&patch).unwrap(), [name("B"), name("C")]);
        assert_eq!(
            vars.names().map(EnvName::as_str).collect::<Vec<_>>(),
            ["A", "C"]
        );
    }

    #[test]
    fn values_never_show() {
        let mut vars = EnvVars::default();
        vars.set(name("TOKEN"), "hunter2hunter2").unwrap();
        assert_eq!(format!("{vars:?}"), r#"{"TOKEN"}"#);
    }

    #[test]
    fn what_no_program_can_be_given_is_refused() {
        assert!("1A".parse::<EnvName>().is_err());
        assert!("A=B".parse::<EnvName>().is_err());
        assert!("".parse::<EnvName>().is_err());
        assert_eq!(
            "PORT".parse::<EnvName>(),
            Err(BadEnv::Reserved("PORT".into()))
        );
        assert_eq!(
            EnvVars::default().set(name("A"), "a\0b"),
            Err(BadEnv::Nul("A".into()))
        );
    }
}
