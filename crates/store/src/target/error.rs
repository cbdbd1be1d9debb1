//! What is wrong with a `DATABASE_URL`.

use crate::text;

/// A `DATABASE_URL` that is not taken. Never holds the URL or a part of it that may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Set, but to nothing.
    #[error("{}", text::TARGET_EMPTY)]
    Empty,
    /// Not a database URL.
    #[error("{}", text::TARGET_SHAPE)]
    Shape,
    /// A database that Havre does not know.
    #[error("{}", text::target_unknown(.0))]
    Unknown(String),
    /// Something is written plainly that must be percent-encoded.
    #[error("{}", text::TARGET_ENCODING)]
    Encoding,
    /// Not UTF-8 once decoded, or with control characters in it. Holds the part's name.
    #[error("{}", text::target_characters(.0))]
    Characters(&'static str),
    /// Not a port.
    #[error("{}", text::TARGET_PORT)]
    Port,
    /// Not a host name or address.
    #[error("{}", text::TARGET_HOST)]
    Host,
    /// A server without the name of a database.
    #[error("{}", text::TARGET_NO_DATABASE)]
    NoDatabase,
    /// SQLite with a host.
    #[error("{}", text::TARGET_SQLITE_HOST)]
    SqliteHost,
    /// SQLite's own form of URL.
    #[error("{}", text::TARGET_SQLITE_URI)]
    SqliteUri,
    /// A parameter that Havre does not know. Holds its name and those that it knows.
    #[error("{}", text::target_key(.0, .1))]
    Key(String, &'static [&'static str]),
    /// A parameter given twice.
    #[error("{}", text::target_twice(.0))]
    Twice(String),
    /// A parameter without a value, or with one that is not taken. Holds its name and what is expected.
    #[error("{}", text::target_value(.0, .1))]
    Value(String, &'static str),
}
