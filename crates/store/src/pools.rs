//! The ways to a database. SQLite has one connection that writes and a few that read; a server has a pool, and whoever writes
//! waits for the one lock there is.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::Clock;
use futures_util::future::BoxFuture;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection, MySqlPool, PgPool, SqlitePool};

use crate::breaker::Breaker;
use crate::dialect::{self, Dialect};
use crate::sql::{Conn, MySqlConn, Transaction, query};

/// How long a query waits for its turn at SQLite's one writer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a query waits for a connection to a server. Whoever asked has an answer then: 503.
const SERVER_PATIENCE: Duration = Duration::from_secs(5);
/// A connection that nobody needs any more gives its memory back.
const IDLE: Duration = Duration::from_secs(60);
/// A connection was looked at when it came back; one that is asked for again so soon is not looked at once more, which would
/// double the way to the server.
const FRESH: Duration = Duration::from_secs(1);
/// A connection to a server is not kept for ever: servers, and what stands between, tire of old ones.
const LIFETIME: Duration = Duration::from_secs(1800);
const READERS: u32 = 3;
/// Of a server's usual 100 (PostgreSQL) or 151 (MySQL), for one Havre of several.
const CONNECTIONS: u32 = 10;

/// Where the time of leases and rows comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TimeSource {
    /// From the database: several machines write to it, and their clocks differ. SQLite has no clock of its own and no
    /// second machine: there it is the process's.
    #[default]
    Database,
    /// From the process, on every database: for tests that move the clock.
    Process,
}

/// The connections.
pub(crate) enum Pools {
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool, Breaker),
    MySql(MySqlPool, Dialect, Breaker),
}

impl Pools {
    /// One connection, so that writers queue fairly inside the process instead of fighting for the file's lock; readers
    /// beside it.
    pub(crate) async fn sqlite(
        writes: SqliteConnectOptions,
        reads: SqliteConnectOptions,
    ) -> Result<Self, sqlx::Error> {
        let writer = sqlite_pool(1)
            .before_acquire(|connection, _| Box::pin(dialect::is_usable(connection)))
            .connect_with(writes)
            .await?;
        let readers = sqlite_pool(READERS)
            .idle_timeout(IDLE)
            .connect_lazy_with(reads);
        Ok(Self::Sqlite { writer, readers })
    }

    /// A database in memory is gone with its connection: it is never looked at while a caller waits, since a caller that
    /// goes away then takes it along.
    pub(crate) async fn memory(options: SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let writer = sqlite_pool(1).connect_with(options).await?;
        let readers = writer.clone();
        Ok(Self::Sqlite { writer, readers })
    }

    pub(crate) fn postgres(options: PgConnectOptions, clock: Arc<dyn Clock>) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(SERVER_PATIENCE)
            .idle_timeout(IDLE)
            .max_lifetime(LIFETIME)
            .test_before_acquire(false)
            .before_acquire(|connection, met| Box::pin(still_there(connection, met.idle_for)))
            .after_connect(|connection, _| {
                let greeting = sqlx::raw_sql(dialect::connect::session(Dialect::Postgres));
                Box::pin(async move { greeting.execute(connection).await.map(drop) })
            })
            .connect_lazy_with(options);
        let asked = pool.clone();
        let probe = move || pools_answer(asked.acquire());
        Self::Postgres(pool, Breaker::new(clock, probe))
    }

    pub(crate) fn mysql(
        options: MySqlConnectOptions,
        dialect: Dialect,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(SERVER_PATIENCE)
            .idle_timeout(IDLE)
            .max_lifetime(LIFETIME)
            .test_before_acquire(false)
            .before_acquire(|connection, met| Box::pin(still_there(connection, met.idle_for)))
            .after_connect(move |connection, _| {
                let greeting = sqlx::raw_sql(dialect::connect::session(dialect));
                Box::pin(async move { greeting.execute(connection).await.map(drop) })
            })
            .connect_lazy_with(options);
        let asked = pool.clone();
        let probe = move || pools_answer(asked.acquire());
        Self::MySql(pool, dialect, Breaker::new(clock, probe))
    }

    /// What is at the other end.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(..) => Dialect::Postgres,
            Self::MySql(_, dialect, _) => *dialect,
        }
    }

    /// A connection to read from.
    pub(crate) async fn read(&self) -> Result<Conn, sqlx::Error> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Conn::Sqlite(readers.acquire().await?),
            Self::Postgres(pool, breaker) => Conn::Postgres(
                breaker
                    .pass(pool.acquire(), || pool.size() >= CONNECTIONS)
                    .await?,
            ),
            Self::MySql(pool, dialect, breaker) => {
                let connection = breaker
                    .pass(pool.acquire(), || pool.size() >= CONNECTIONS)
                    .await?;
                Conn::MySql(MySqlConn::new(connection), *dialect)
            }
        })
    }

    /// A connection to write a single statement to, which needs no lock of ours.
    pub(crate) async fn autocommit(&self) -> Result<Conn, sqlx::Error> {
        match self {
            Self::Sqlite { writer, .. } => Ok(Conn::Sqlite(writer.acquire().await?)),
            _ => self.read().await,
        }
    }

    /// A transaction that writes, alone, and the time of the database where it has one.
    pub(crate) async fn write(&self) -> Result<(Transaction, Option<DateTime<Utc>>), sqlx::Error> {
        let mut transaction = self.begin().await?;
        let now = lock(&mut transaction).await?;
        Ok((transaction, now))
    }

    /// A transaction; only on SQLite it is alone.
    pub(crate) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                Transaction::Sqlite(writer.begin_with(dialect::BEGIN_WRITE).await?)
            }
            Self::Postgres(pool, breaker) => Transaction::Postgres(
                breaker
                    .pass(pool.begin(), || pool.size() >= CONNECTIONS)
                    .await?,
            ),
            Self::MySql(pool, dialect, breaker) => {
                let connection = breaker
                    .pass(pool.acquire(), || pool.size() >= CONNECTIONS)
                    .await?;
                Transaction::MySql(MySqlConn::begin(connection).await?, *dialect)
            }
        })
    }

    /// Waits for what is running, and closes. SQLite's log is folded into the file.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => close_sqlite(writer, readers).await,
            Self::Postgres(pool, _) => pool.close().await,
            Self::MySql(pool, ..) => pool.close().await,
        }
    }
}

/// What the breaker looks at: whether a connection comes.
fn pools_answer<T>(
    asked: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
) -> BoxFuture<'static, Result<(), sqlx::Error>> {
    Box::pin(async move { asked.await.map(drop) })
}

/// True when a connection that was idle can be used; an error has the pool take another one.
async fn still_there<C: Connection>(
    connection: &mut C,
    idle_for: Duration,
) -> Result<bool, sqlx::Error> {
    if idle_for > FRESH {
        connection.ping().await?;
    }
    Ok(true)
}

async fn lock(transaction: &mut Transaction) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let Some(lock) = dialect::write_lock(transaction.link().dialect()) else {
        return Ok(None);
    };
    let mut statement = query(lock.statement);
    if let Some(number) = lock.number {
        statement = statement.bind(number);
    }
    let row = statement.fetch_one(transaction.link()).await?;
    Ok(row
        .int_opt("now")?
        .and_then(DateTime::from_timestamp_micros))
}

async fn close_sqlite(writer: &SqlitePool, readers: &SqlitePool) {
    // A database in memory has one pool for both.
    if readers.options().get_max_connections() > 1 {
        readers.close().await;
    }
    if let Err(error) = fold_log(writer).await {
        tracing::warn!(%error, "the write-ahead log was not folded; the next start does it");
    }
    writer.close().await;
}

async fn fold_log(writer: &SqlitePool) -> Result<(), sqlx::Error> {
    if !writer.is_closed() {
        let mut connection = writer.acquire().await?;
        sqlx::raw_sql(dialect::FOLD_LOG)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn sqlite_pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}
