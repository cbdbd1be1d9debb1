//! Transactions. Dropped without a commit, nothing happened.

use sqlx::{Postgres, Sqlite};

use super::{Link, MySqlConn};
use crate::dialect::Dialect;

/// A transaction of one of the databases.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
    MySql(MySqlConn, Dialect),
}

impl Transaction {
    /// To run a statement on.
    pub(crate) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(inner) => Link::Sqlite(inner),
            Self::Postgres(inner) => Link::Postgres(inner),
            Self::MySql(inner, dialect) => Link::MySql(inner.wire(), *dialect),
        }
    }

    /// Makes it all true.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(inner) => inner.commit().await,
            Self::Postgres(inner) => inner.commit().await,
            Self::MySql(inner, _) => inner.commit().await,
        }
    }
}
