//! Connections: owned by a pool, or borrowed for one statement.

use sqlx::pool::PoolConnection;
use sqlx::{Connection, MySqlConnection, PgConnection, Postgres, Sqlite, SqliteConnection};

use super::wire::{MySqlConn, Wire};
use crate::dialect::Dialect;

/// A connection, borrowed.
#[derive(Debug)]
pub(crate) enum Link<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
    MySql(Wire<'c>, Dialect),
}

impl Link<'_> {
    /// What is at the other end.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::MySql(_, dialect) => *dialect,
        }
    }

    /// The same connection, for one more statement.
    pub(crate) fn again(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(connection) => Link::Sqlite(connection),
            Self::Postgres(connection) => Link::Postgres(connection),
            Self::MySql(wire, dialect) => Link::MySql(wire.again(), *dialect),
        }
    }

    /// Runs statements without values, several at once, outside the cache of prepared ones: schema changes.
    pub(crate) async fn run_script(self, text: &str) -> Result<(), sqlx::Error> {
        let script = sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()));
        match self {
            Self::Sqlite(connection) => script.execute(connection).await.map(drop),
            Self::Postgres(connection) => script.execute(connection).await.map(drop),
            Self::MySql(wire, _) => {
                let (connection, mut under_way) = wire.begin();
                let done = script.execute(connection).await.map(drop);
                under_way.over();
                done
            }
        }
    }
}

/// A connection out of a pool; it goes back there when dropped.
#[derive(Debug)]
pub(crate) enum Conn {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
    MySql(MySqlConn, Dialect),
}

impl Conn {
    /// To run a statement on.
    pub(crate) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(connection) => Link::Sqlite(connection),
            Self::Postgres(connection) => Link::Postgres(connection),
            Self::MySql(connection, dialect) => Link::MySql(connection.wire(), *dialect),
        }
    }
}

/// A connection of one's own, outside any pool; closed when dropped, and what it did not commit is undone.
#[derive(Debug)]
pub(crate) enum Owned {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    MySql(MySqlConnection, Dialect),
}

impl Owned {
    /// To run a statement on.
    pub(crate) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(connection) => Link::Sqlite(connection),
            Self::Postgres(connection) => Link::Postgres(connection),
            Self::MySql(connection, dialect) => Link::MySql(Wire::owned(connection), *dialect),
        }
    }

    /// Says goodbye.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
            Self::MySql(connection, _) => connection.close().await,
        }
    }
}
