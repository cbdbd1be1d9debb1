//! What answered.

use std::fmt;

use crate::dialect::Dialect;
use crate::text;

/// A version, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number; PostgreSQL has none.
    pub patch: u32,
}

impl Version {
    /// From the first numbers of a text such as `10.11.14-MariaDB-0+deb12u2`. What is missing is zero.
    pub(crate) fn read(text: &str) -> Self {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
        let mut numbers = text[..end.unwrap_or(text.len())]
            .split('.')
            .map(|n| n.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Self {
            major: next(),
            minor: next(),
            patch: next(),
        }
    }

    /// From PostgreSQL's `server_version_num`: 150014 is 15.14.
    pub(crate) fn of_postgres(number: u32) -> Self {
        Self {
            major: number / 10_000,
            minor: number % 10_000,
            patch: 0,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

/// What answered: kind, version and state of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Kind.
    pub dialect: Dialect,
    /// Version.
    pub version: Version,
    /// True when nothing can be written there: a standby, a read-only server or session, a read-only file.
    pub read_only: bool,
    /// True when tables can be made there, as far as the server tells.
    pub can_create: bool,
    /// The server's clock as it answered, in microseconds since 1970; none for SQLite, which has ours.
    pub clock: Option<i64>,
    /// True when the connection is encrypted.
    pub tls: bool,
    /// The kind of network file system that the file is on, if it is on one: no write-ahead log there.
    pub network: Option<&'static str>,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", text::kind(self.dialect), self.version)
    }
}
