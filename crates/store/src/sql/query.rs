//! One statement with its values.

use std::borrow::Cow;
use std::task::Poll;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::value::{bind_mysql, bind_postgres, bind_sqlite, placeholders};
use super::{Link, Row, Value};
use crate::dialect::Dialect;

/// A statement and what it is given.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

/// A statement with a `?` for each value.
pub(crate) fn query(text: impl Into<Cow<'static, str>>) -> Query {
    Query {
        text: text.into(),
        values: Vec::new(),
    }
}

/// Gives the statement to the driver of the connection, by this method of it.
macro_rules! run {
    ($query:expr, $link:expr, $call:ident) => {
        match $link {
            Link::Sqlite(connection) => {
                let (text, values) = $query.prepared(Dialect::Sqlite);
                let query = values.into_iter().fold(sqlx::query(text), bind_sqlite);
                query.$call(connection).await.map(Into::into)
            }
            Link::Postgres(connection) => {
                let (text, values) = $query.prepared(Dialect::Postgres);
                let query = values.into_iter().fold(sqlx::query(text), bind_postgres);
                query.$call(connection).await.map(Into::into)
            }
            Link::MySql(wire, dialect) => {
                let (text, values) = $query.prepared(dialect);
                let query = values.into_iter().fold(sqlx::query(text), bind_mysql);
                let (connection, mut under_way) = wire.begin();
                let done = query.$call(connection).await.map(Into::into);
                under_way.over();
                done
            }
        }
    };
}

impl Query {
    pub(super) fn with(text: String, values: Vec<Value>) -> Self {
        Self {
            text: text.into(),
            values,
        }
    }

    /// The value of the next `?`.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; gives how many rows it changed (on MySQL too: how many it found).
    pub(crate) async fn execute(self, link: Link<'_>) -> Result<u64, sqlx::Error> {
        let done: Done = run!(self, link, execute)?;
        Ok(done.0)
    }

    /// The first row; [`sqlx::Error::RowNotFound`] when there is none.
    pub(crate) async fn fetch_one(self, link: Link<'_>) -> Result<Row, sqlx::Error> {
        run!(self, link, fetch_one)
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional(self, link: Link<'_>) -> Result<Option<Row>, sqlx::Error> {
        let row: Maybe = run!(self, link, fetch_optional)?;
        Ok(row.0)
    }

    /// All rows: only for statements whose answer has a bound.
    pub(crate) async fn fetch_all(self, link: Link<'_>) -> Result<Vec<Row>, sqlx::Error> {
        let rows: Many = run!(self, link, fetch_all)?;
        Ok(rows.0)
    }

    /// Rows as they come.
    pub(crate) fn fetch<'c>(self, link: Link<'c>) -> BoxStream<'c, Result<Row, sqlx::Error>> {
        match link {
            Link::Sqlite(connection) => {
                let (text, values) = self.prepared(Dialect::Sqlite);
                let query = values.into_iter().fold(sqlx::query(text), bind_sqlite);
                query.fetch(connection).map_ok(Row::from).boxed()
            }
            Link::Postgres(connection) => {
                let (text, values) = self.prepared(Dialect::Postgres);
                let query = values.into_iter().fold(sqlx::query(text), bind_postgres);
                query.fetch(connection).map_ok(Row::from).boxed()
            }
            Link::MySql(wire, dialect) => {
                let (text, values) = self.prepared(dialect);
                let query = values.into_iter().fold(sqlx::query(text), bind_mysql);
                let (connection, mut under_way) = wire.begin();
                let over = stream::poll_fn(move |_| {
                    under_way.over();
                    Poll::Ready(None)
                });
                query
                    .fetch(connection)
                    .map_ok(Row::from)
                    .chain(over)
                    .boxed()
            }
        }
    }

    /// The text as the driver takes it. Safe: it is written by this crate, and what comes from outside is a value.
    fn prepared(self, dialect: Dialect) -> (SqlStr, Vec<Value>) {
        let text = match self.text {
            Cow::Borrowed(text) => match placeholders(dialect, text) {
                Cow::Borrowed(text) => text.into_sql_str(),
                Cow::Owned(text) => AssertSqlSafe(text).into_sql_str(),
            },
            Cow::Owned(text) => match placeholders(dialect, &text) {
                Cow::Owned(text) => AssertSqlSafe(text).into_sql_str(),
                Cow::Borrowed(_) => AssertSqlSafe(text).into_sql_str(),
            },
        };
        (text, self.values)
    }
}

struct Done(u64);
struct Maybe(Option<Row>);
struct Many(Vec<Row>);

macro_rules! answers {
    ($($row:ty, $done:ty);* $(;)?) => {$(
        impl From<$done> for Done {
            fn from(done: $done) -> Self {
                Self(done.rows_affected())
            }
        }
        impl From<Option<$row>> for Maybe {
            fn from(row: Option<$row>) -> Self {
                Self(row.map(Row::from))
            }
        }
        impl From<Vec<$row>> for Many {
            fn from(rows: Vec<$row>) -> Self {
                Self(rows.into_iter().map(Row::from).collect())
            }
        }
    )*};
}
answers! {
    sqlx::sqlite::SqliteRow, sqlx::sqlite::SqliteQueryResult;
    sqlx::postgres::PgRow, sqlx::postgres::PgQueryResult;
    sqlx::mysql::MySqlRow, sqlx::mysql::MySqlQueryResult;
}
