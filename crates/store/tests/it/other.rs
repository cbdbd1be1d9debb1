//! What another program does to the database: plain SQL on a connection of its own, in that database's own defaults.

use sqlx::{AssertSqlSafe, Connection, Row, raw_sql};
use sqlx::{MySqlConnection, PgConnection, SqliteConnection};

/// A connection of another program.
pub enum Other {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PgConnection>),
    MySql(Box<MySqlConnection>),
}

impl Other {
    /// Runs statements with the values in them, as written, and gives how many rows changed.
    pub async fn run(&mut self, sql: &str) -> u64 {
        let text = raw_sql(AssertSqlSafe(sql.to_owned()));
        let done = match self {
            Self::Sqlite(link) => text.execute(&mut **link).await.map(|it| it.rows_affected()),
            Self::Postgres(link) => text.execute(&mut **link).await.map(|it| it.rows_affected()),
            Self::MySql(link) => text.execute(&mut **link).await.map(|it| it.rows_affected()),
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The first column of all rows, which must be text.
    pub async fn texts(&mut self, sql: &str) -> Vec<Option<String>> {
        let text = raw_sql(AssertSqlSafe(sql.to_owned()));
        let read = match self {
            Self::Sqlite(link) => text
                .fetch_all(&mut **link)
                .await
                .map(|rows| rows.iter().map(|row| row.get(0)).collect()),
            Self::Postgres(link) => text
                .fetch_all(&mut **link)
                .await
                .map(|rows| rows.iter().map(|row| row.get(0)).collect()),
            Self::MySql(link) => text
                .fetch_all(&mut **link)
                .await
                .map(|rows| rows.iter().map(|row| row.get(0)).collect()),
        };
        read.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The first column of the one row.
    pub async fn text(&mut self, sql: &str) -> String {
        let mut rows = self.texts(sql).await;
        assert_eq!(rows.len(), 1, "{sql}");
        rows.remove(0).unwrap_or_else(|| panic!("{sql}: NULL"))
    }

    pub async fn close(self) {
        let _ = match self {
            Self::Sqlite(link) => link.close().await,
            Self::Postgres(link) => link.close().await,
            Self::MySql(link) => link.close().await,
        };
    }
}
