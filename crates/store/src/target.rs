//! Which database: `DATABASE_URL` as SQLAlchemy reads it.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::text;

/// A database to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseTarget {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// An SQLite database that is gone with the process: for tests and trials.
    Memory,
    /// A PostgreSQL database.
    Postgres(ServerTarget),
    /// A MySQL or MariaDB database.
    MySql(ServerTarget),
}

/// Where a server is.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerTarget(String);

impl std::fmt::Debug for ServerTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerTarget")
    }
}

impl ServerTarget {
    pub(crate) fn postgres(&self) -> Result<sqlx::postgres::PgConnectOptions, sqlx::Error> {
        self.0.parse()
    }

    pub(crate) fn mysql(&self) -> Result<sqlx::mysql::MySqlConnectOptions, sqlx::Error> {
        self.0.parse()
    }

    pub(crate) async fn flavour(&self) -> Result<crate::dialect::Dialect, sqlx::Error> {
        Ok(crate::dialect::Dialect::MariaDb)
    }
}

impl DatabaseTarget {
    /// The file, where there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            _ => None,
        }
    }
}

/// A `DATABASE_URL` that is not taken. Never holds the URL, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Not a database URL.
    #[error("{}", text::TARGET_SHAPE)]
    Shape,
    /// SQLite with parameters.
    #[error("{}", text::TARGET_QUERY)]
    Query,
    /// A database that is still to come.
    #[error("{}", text::target_not_yet(.0))]
    NotYet(&'static str),
    /// Something else.
    #[error("{}", text::target_unknown(.0))]
    Unknown(String),
}

impl FromStr for DatabaseTarget {
    type Err = BadTarget;

    /// `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://` and `sqlite:///:memory:`, with SQLAlchemy's driver
    /// names (`sqlite+pysqlite`). A relative path is relative to the working folder.
    fn from_str(text: &str) -> Result<Self, BadTarget> {
        if text == ":memory:" {
            return Ok(Self::Memory);
        }
        let (scheme, rest) = text.split_once("://").ok_or(BadTarget::Shape)?;
        let dialect = scheme.split('+').next().unwrap_or(scheme);
        match dialect.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite(rest),
            "postgresql" | "postgres" => Ok(Self::Postgres(ServerTarget(text.to_owned()))),
            "mysql" => Ok(Self::MySql(ServerTarget(text.to_owned()))),
            "mariadb" => Ok(Self::MySql(ServerTarget(text.to_owned()))),
            other if other.bytes().all(|b| b.is_ascii_alphanumeric()) && other.len() <= 20 => {
                Err(BadTarget::Unknown(other.to_owned()))
            }
            _ => Err(BadTarget::Shape),
        }
    }
}

fn sqlite(rest: &str) -> Result<DatabaseTarget, BadTarget> {
    if rest.is_empty() {
        return Ok(DatabaseTarget::Memory);
    }
    // What stands before the third slash would be a host; a file has none.
    let path = rest.strip_prefix('/').ok_or(BadTarget::Shape)?;
    if path.contains('?') {
        return Err(BadTarget::Query);
    }
    if path.contains('\0') {
        return Err(BadTarget::Shape);
    }
    match path {
        "" | ":memory:" => Ok(DatabaseTarget::Memory),
        path => Ok(DatabaseTarget::Sqlite(path.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("sqlite:///deployments.db", "deployments.db")]
    #[case("sqlite:////var/lib/x.db", "/var/lib/x.db")]
    #[case("sqlite+pysqlite:///a b%20.db", "a b%20.db")]
    fn files_as_sqlalchemy_reads_them(#[case] url: &str, #[case] path: &str) {
        assert_eq!(url.parse(), Ok(DatabaseTarget::Sqlite(path.into())));
    }

    #[rstest]
    #[case("sqlite://")]
    #[case("sqlite:///")]
    #[case("sqlite:///:memory:")]
    #[case(":memory:")]
    fn memory(#[case] url: &str) {
        assert_eq!(url.parse(), Ok(DatabaseTarget::Memory));
    }

    #[rstest]
    #[case("oracle://u:hunter2@h/db", BadTarget::Unknown("oracle".into()))]
    #[case("hunter2:x@y://z", BadTarget::Shape)]
    #[case("deployments.db", BadTarget::Shape)]
    #[case("sqlite://host/x.db", BadTarget::Shape)]
    #[case("sqlite:///x.db?timeout=5", BadTarget::Query)]
    fn refused_without_showing_a_password(#[case] url: &str, #[case] error: BadTarget) {
        let found = url.parse::<DatabaseTarget>().unwrap_err();
        assert_eq!(found, error);
        assert!(
            !found.to_string().contains("hunter2") && !format!("{found:?}").contains("hunter2")
        );
    }
}
