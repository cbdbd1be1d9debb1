//! Dialing: within a time, one answer.

use std::path::Path;
use std::time::Duration;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Row};

use super::{
    DialError, DialKind, Server, Version, file, mysql, network_filesystem, postgres, reach, sort,
};
use crate::dialect::{self, Dialect};
use crate::target::{DatabaseTarget, ServerTarget};

/// How a database is reached, proven to work. Its connections are to run `dialect::connect::session` first.
#[derive(Clone)]
pub(crate) enum Way {
    /// An SQLite file: `dialect::writer` and `dialect::reader`.
    File,
    /// In memory.
    Memory,
    /// PostgreSQL.
    Postgres(Box<PgConnectOptions>),
    /// MySQL or MariaDB.
    MySql(Box<MySqlConnectOptions>),
}

/// What is to be done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A database that takes no writes will do.
    Read,
    /// One that takes none is an error.
    Write,
}

/// A database that answered.
pub(crate) struct Dialed {
    /// How to connect.
    pub(crate) way: Way,
    /// What answered.
    pub(crate) server: Server,
}

/// Looks at the file, or connects to the server and asks what it is. Makes and changes nothing. A `connect_timeout` of
/// the URL wins over `within`.
///
/// Not for a file that this process has open without holding its lock: closing it here would end SQLite's own locks on it.
pub(crate) async fn dial(
    target: &DatabaseTarget,
    access: Need,
    within: Duration,
) -> Result<Dialed, DialError> {
    let within = match target {
        DatabaseTarget::Postgres(server) | DatabaseTarget::MySql(server) => {
            server.connect_timeout.unwrap_or(within)
        }
        _ => within,
    };
    let dialed = tokio::time::timeout(within, reached(target))
        .await
        .unwrap_or_else(|_| Err(DialError::new(target, DialKind::TimedOut, None)))?;
    if access == Need::Write && dialed.server.read_only {
        return Err(DialError::new(target, DialKind::ReadOnly, None));
    }
    Ok(dialed)
}

/// Looks whether a database can be reached and what it is, without needing to write there.
pub async fn probe(target: &DatabaseTarget, within: Duration) -> Result<Server, DialError> {
    let dialed = dial(target, Need::Read, within).await?;
    Ok(dialed.server)
}

async fn reached(target: &DatabaseTarget) -> Result<Dialed, DialError> {
    let (way, server) = match target {
        DatabaseTarget::Memory => (Way::Memory, sqlite(target, false, None).await?),
        DatabaseTarget::Sqlite(path) => of_file(target, path).await?,
        DatabaseTarget::Postgres(server) => {
            look(target, server).await?;
            let (options, server) = postgres::dial(target, server).await?;
            (Way::Postgres(Box::new(options)), server)
        }
        DatabaseTarget::MySql(server) => {
            look(target, server).await?;
            let (options, server) = mysql::dial(target, server).await?;
            (Way::MySql(Box::new(options)), server)
        }
    };
    Ok(Dialed { way, server })
}

async fn look(target: &DatabaseTarget, server: &ServerTarget) -> Result<(), DialError> {
    let looked = reach::look(server).await;
    looked.map_err(|kind| DialError::new(target, kind, None))
}

/// A file system that hangs holds up a thread, not the caller.
async fn of_file(target: &DatabaseTarget, path: &Path) -> Result<(Way, Server), DialError> {
    let asked = path.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let read_only = file::look(&asked)?;
        Ok((read_only, network_filesystem(&asked)))
    });
    let looked = looked.await.unwrap_or(Err(DialKind::Other));
    let (read_only, network) = looked.map_err(|kind| DialError::new(target, kind, None))?;
    Ok((Way::File, sqlite(target, read_only, network).await?))
}

async fn sqlite(
    target: &DatabaseTarget,
    read_only: bool,
    network: Option<&'static str>,
) -> Result<Server, DialError> {
    let sorted = |error| sort::sorted(target, &error);
    let mut memory = dialect::memory().connect().await.map_err(sorted)?;
    let version = sqlx::raw_sql("SELECT sqlite_version()")
        .fetch_one(&mut memory)
        .await;
    let version: String = version.and_then(|row| row.try_get(0)).map_err(sorted)?;
    Ok(Server {
        dialect: Dialect::Sqlite,
        version: Version::read(&version),
        read_only,
        can_create: !read_only,
        clock: None,
        tls: false,
        network,
    })
}
