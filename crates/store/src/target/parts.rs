//! A URL taken apart as `sqlalchemy.engine.make_url` does it (SQLAlchemy 2.1: user, password and database are decoded).

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::{Captures, Regex};

use super::{BadTarget, Password};

/// The pattern of SQLAlchemy, character for character; both engines prefer the same match.
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^
        (?P<name>[\w\+]+)://
        (?:
            (?P<username>[^:/]*)
            (?::(?P<password>[^@]*))?
        @)?
        (?:
            (?:
                \[(?P<ipv6host>[^/\?]+)\] |
                (?P<ipv4host>[^/:\?]+)
            )?
            (?::(?P<port>[^/\?]*))?
        )?
        (?:/(?P<database>[^\?]*))?
        (?:\?(?P<query>.*))?
        $",
    )
    .expect("the pattern is constant")
});

/// The parts of a URL, decoded. What is absent is `None`; what is there and empty is `Some("")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    /// Database and driver: `postgresql+psycopg2`.
    pub(super) name: String,
    pub(super) user: Option<String>,
    pub(super) password: Option<Password>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) database: Option<String>,
    pub(super) query: Vec<(String, String)>,
}

impl Parts {
    /// Takes a URL apart. Stricter than SQLAlchemy where that would guess: parameters without a value, text behind the
    /// end, and a plain `@` behind the user, which is nearly always a password that was not encoded.
    pub(super) fn parse(url: &str) -> Result<Self, BadTarget> {
        let found = PATTERN.captures(url).ok_or(BadTarget::Shape)?;
        let raw = |group: &str| found.name(group).map(|part| part.as_str());
        let plain_at = ["ipv4host", "ipv6host", "port", "database", "query"];
        if plain_at
            .iter()
            .filter_map(|group| raw(group))
            .any(|part| part.contains('@'))
        {
            return Err(BadTarget::Encoding);
        }
        Ok(Self {
            name: raw("name").unwrap_or_default().to_owned(),
            user: decoded(&found, "username", "user")?,
            password: decoded(&found, "password", "password")?.map(Password::from),
            host: raw("ipv4host")
                .or_else(|| raw("ipv6host"))
                .map(str::to_owned),
            port: raw("port").map(port).transpose()?,
            database: decoded(&found, "database", "database")?,
            query: raw("query").map_or_else(|| Ok(Vec::new()), query)?,
        })
    }

    /// The database's part of the name, without the driver's.
    pub(super) fn backend(&self) -> String {
        let backend = self.name.split('+').next().unwrap_or(&self.name);
        backend.to_ascii_lowercase()
    }
}

fn decoded(
    found: &Captures<'_>,
    group: &str,
    what: &'static str,
) -> Result<Option<String>, BadTarget> {
    let part = found.name(group).map(|part| decode(part.as_str(), what));
    part.transpose()
}

/// Decodes `%41`; leaves a `%` alone that no two digits follow, as Python's `unquote` does.
fn decode(text: &str, what: &'static str) -> Result<String, BadTarget> {
    let bad = || BadTarget::Characters(what);
    let text = percent_decode_str(text).decode_utf8().map_err(|_| bad())?;
    // A replacement character is what is left of bytes that were not UTF-8 in the environment.
    if text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        return Err(bad());
    }
    Ok(text.into_owned())
}

/// A port of a URL or a parameter.
pub(super) fn port(text: &str) -> Result<u16, BadTarget> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port > 0);
    port.ok_or(BadTarget::Port)
}

/// `parse_qsl` of Python: `+` is a space here, and only here.
fn query(text: &str) -> Result<Vec<(String, String)>, BadTarget> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| decode(&text.replace('+', " "), "parameters");
        Ok((decode(key)?, decode(value)?))
    });
    pairs.collect()
}
