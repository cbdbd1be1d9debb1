//! The databases that a URL can name.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::parts::Parts;
use super::{BadTarget, ServerTarget, mysql, postgres, sqlite};

/// A database to open. `Display` is a URL without the password; no form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseTarget {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// An SQLite database that is gone with the process: for tests and trials.
    Memory,
    /// PostgreSQL.
    Postgres(ServerTarget),
    /// MySQL or MariaDB; which of them, the server says.
    MySql(ServerTarget),
}

impl DatabaseTarget {
    /// The file, where there is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            _ => None,
        }
    }

    /// The name that `havre db reset` asks for: the database's, or the file's without its folder.
    pub fn name(&self) -> String {
        match self {
            Self::Sqlite(path) => path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            Self::Memory => ":memory:".to_owned(),
            Self::Postgres(server) | Self::MySql(server) => server.database.clone(),
        }
    }
}

impl FromStr for DatabaseTarget {
    type Err = BadTarget;

    /// The URLs of SQLAlchemy with its meaning: `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://`,
    /// `postgresql://`, `postgres://`, `mysql://`, `mariadb://`, each with any `+driver`.
    fn from_str(text: &str) -> Result<Self, BadTarget> {
        if text.trim().is_empty() {
            return Err(BadTarget::Empty);
        }
        if text == ":memory:" {
            return Ok(Self::Memory);
        }
        let parts = Parts::parse(text)?;
        let backend = parts.backend();
        match backend.as_str() {
            "sqlite" => sqlite::target(parts),
            "postgresql" | "postgres" => postgres::target(parts).map(Self::Postgres),
            "mysql" | "mariadb" => mysql::target(parts).map(Self::MySql),
            other if other.is_ascii() && other.len() <= 20 => {
                Err(BadTarget::Unknown(other.to_owned()))
            }
            _ => Err(BadTarget::Shape),
        }
    }
}

impl fmt::Display for DatabaseTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => {
                let path = path.display().to_string();
                let path = path.replace('%', "%25").replace('?', "%3F");
                write!(f, "sqlite:///{path}")
            }
            Self::Memory => f.write_str("sqlite:///:memory:"),
            Self::Postgres(server) => server.show("postgresql", f),
            Self::MySql(server) => server.show("mysql", f),
        }
    }
}
