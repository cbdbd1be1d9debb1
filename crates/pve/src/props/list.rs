//! `first,key=value,key=value`.

use std::fmt::{self, Display, Write as _};
use std::str::FromStr;

use crate::lenient;
use crate::names::BadName;
use crate::text;

/// An option that does not read as it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {why}")]
pub struct BadOption {
    /// The key, as `bridge`.
    pub key: String,
    /// What is wrong with its value.
    pub why: String,
}

impl BadOption {
    pub(crate) fn new(key: &str, why: impl Display) -> BadOption {
        BadOption {
            key: text::clean(key, 40),
            why: text::clean(&why.to_string(), 200),
        }
    }
}

impl From<BadOption> for crate::Error {
    fn from(bad: BadOption) -> crate::Error {
        crate::Error::new(crate::Kind::BadParameters, bad.to_string())
            .with_nothing_done(true)
            .with_source(bad)
    }
}

/// The options of one parameter, while they are read or written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OptionList {
    first: Option<String>,
    pairs: Vec<(String, String)>,
}

impl OptionList {
    pub(crate) fn read(text: &str) -> Result<OptionList, BadOption> {
        let mut list = OptionList::default();
        for (at, part) in text.split(',').map(str::trim).enumerate() {
            match part.split_once('=') {
                Some((key, value)) if is_key(key) => {
                    list.pairs.push((key.to_owned(), value.to_owned()))
                }
                None if at == 0 && !part.is_empty() => list.first = Some(part.to_owned()),
                _ if part.is_empty() => {}
                _ => return Err(BadOption::new(part, "not `key=value`")),
            }
        }
        Ok(list)
    }

    /// The value without a key.
    pub(crate) fn first(&mut self) -> Option<String> {
        self.first.take()
    }

    /// Takes a value out.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(name, _)| name == key)?;
        Some(self.pairs.remove(at).1)
    }

    /// Takes a value out and reads it.
    pub(crate) fn value<T: FromStr<Err: Display>>(
        &mut self,
        key: &str,
    ) -> Result<Option<T>, BadOption> {
        self.text(key)
            .map(|value| {
                value
                    .parse()
                    .map_err(|why: T::Err| BadOption::new(key, why))
            })
            .transpose()
    }

    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        self.text(key).map(|value| lenient::word_is_true(&value))
    }

    /// What nobody has taken.
    pub(crate) fn rest(self) -> Vec<(String, String)> {
        self.pairs
    }
}

/// Writes one list.
pub(crate) struct Writer<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    begun: bool,
}

impl<'a, 'b> Writer<'a, 'b> {
    pub(crate) fn new(to: &'a mut fmt::Formatter<'b>) -> Writer<'a, 'b> {
        Writer { to, begun: false }
    }

    pub(crate) fn bare(&mut self, value: impl Display) -> fmt::Result {
        self.comma()?;
        self.plain(value)
    }

    pub(crate) fn pair(&mut self, key: &str, value: impl Display) -> fmt::Result {
        if !is_key(key) {
            return Err(fmt::Error);
        }
        self.comma()?;
        write!(self.to, "{key}=")?;
        self.plain(value)
    }

    pub(crate) fn maybe(&mut self, key: &str, value: Option<impl Display>) -> fmt::Result {
        value.map_or(Ok(()), |value| self.pair(key, value))
    }

    pub(crate) fn flag(&mut self, key: &str, value: Option<bool>) -> fmt::Result {
        self.maybe(key, value.map(u8::from))
    }

    pub(crate) fn rest(&mut self, rest: &[(String, String)]) -> fmt::Result {
        rest.iter()
            .try_for_each(|(key, value)| self.pair(key, value))
    }

    /// A value that would part the list is not written at all.
    fn plain(&mut self, value: impl Display) -> fmt::Result {
        let value = value.to_string();
        if value.contains(|c: char| c == ',' || c.is_control()) {
            return Err(fmt::Error);
        }
        self.to.write_str(&value)
    }

    fn comma(&mut self) -> fmt::Result {
        if std::mem::replace(&mut self.begun, true) {
            self.to.write_char(',')
        } else {
            Ok(())
        }
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

impl From<BadName> for BadOption {
    fn from(bad: BadName) -> BadOption {
        BadOption::new(bad.what, bad)
    }
}
