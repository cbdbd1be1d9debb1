//! Opening and closing the database, and the two ways to it: one writer, a few readers.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, Dice};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Row, Sqlite, SqliteConnection, SqlitePool};

use crate::dialect;
use crate::error::{OpenError, Ran};
use crate::key::SecretKey;
use crate::lock::Lock;
use crate::migrate;
use crate::reserve::Reserve;
use crate::target::DatabaseTarget;
use crate::tx::Tx;
use crate::vault::Vault;

/// How long a query waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);
/// A reader that nobody needs any more gives its memory back.
const IDLE: Duration = Duration::from_secs(60);
const READERS: u32 = 3;

/// The open database: the port `domain::ports::Store`.
pub struct Database {
    writer: SqlitePool,
    readers: SqlitePool,
    vault: Vault,
    clock: Arc<dyn Clock>,
    dice: Arc<Dice>,
    /// None in memory.
    reserve: Option<Reserve>,
    _lock: Option<Lock>,
}

impl Database {
    /// Opens a database, makes or migrates its schema, and checks that the key belongs to it. On SQLite the clock of this
    /// process is the clock of the database: no other process writes leases.
    pub async fn open(
        target: &DatabaseTarget,
        mut key: SecretKey,
        clock: Arc<dyn Clock>,
        dice: Arc<Dice>,
    ) -> Result<Arc<Self>, OpenError> {
        let (lock, writes, reads) = match target {
            DatabaseTarget::Memory => (None, dialect::memory(), None),
            DatabaseTarget::Sqlite(path) => {
                let lock = Lock::take(path)?;
                make_file(path)?;
                (
                    Some(lock),
                    dialect::writer(path),
                    Some(dialect::reader(path)),
                )
            }
        };
        let writer = writer_pool(target, writes)
            .await
            .map_err(|error| cannot_open(target, error))?;
        prepare(&writer, &mut key, clock.as_ref(), Arc::clone(&dice)).await?;
        let readers = reads.map_or_else(|| writer.clone(), reader_pool);
        Ok(Arc::new(Self {
            writer,
            readers,
            vault: Vault::new(&key, Arc::clone(&dice)),
            clock,
            dice,
            reserve: target.file().map(Reserve::beside),
            _lock: lock,
        }))
    }

    /// Waits for what is running, folds the write-ahead log into the file and closes it.
    pub async fn close(&self) {
        self.readers_close().await;
        if let Err(error) = self.fold_log().await {
            tracing::warn!(%error, "the write-ahead log was not folded; the next start does it");
        }
        self.writer.close().await;
    }

    async fn fold_log(&self) -> Result<(), sqlx::Error> {
        if !self.writer.is_closed() {
            let mut connection = self.writer.acquire().await?;
            sqlx::raw_sql(dialect::FOLD_LOG)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    async fn readers_close(&self) {
        // A database in memory has one pool for both.
        if self.readers.options().get_max_connections() > 1 {
            self.readers.close().await;
        }
    }

    /// A connection to read from.
    pub(crate) async fn read(&self) -> Ran<PoolConnection<Sqlite>> {
        Ok(self.readers.acquire().await?)
    }

    /// A transaction that writes. Dropped without [`Tx::commit`], nothing happened.
    pub(crate) async fn write(&self) -> Ran<Tx<'_>> {
        if let Some(reserve) = &self.reserve {
            reserve.look_after();
        }
        let inner = self.writer.begin_with(dialect::BEGIN_WRITE).await?;
        Ok(Tx::new(inner, self.clock.now(), self))
    }

    /// The one connection that writes, to change its settings.
    #[cfg(test)]
    pub(crate) async fn writer_for_tests(&self) -> PoolConnection<Sqlite> {
        self.writer.acquire().await.expect("the database is open")
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(crate) fn dice(&self) -> &Dice {
        &self.dice
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

/// The file is made by us, for us alone; SQLite gives its log the same mode.
fn make_file(path: &Path) -> Result<(), OpenError> {
    let made = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path);
    made.map(drop).map_err(|error| OpenError::CannotOpen {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

fn cannot_open(target: &DatabaseTarget, error: sqlx::Error) -> OpenError {
    match target {
        DatabaseTarget::Memory => error.into(),
        DatabaseTarget::Sqlite(path) => OpenError::CannotOpen {
            path: path.clone(),
            why: error.to_string(),
        },
    }
}

/// Schema and key, in one transaction: a cut start leaves the database as it was.
async fn prepare(
    writer: &SqlitePool,
    key: &mut SecretKey,
    clock: &dyn Clock,
    dice: Arc<Dice>,
) -> Result<(), OpenError> {
    let mut tx = writer.begin_with(dialect::BEGIN_WRITE).await?;
    migrate::run(&mut tx, clock.now()).await?;
    check_key(&mut tx, key, dice).await?;
    tx.commit().await?;
    Ok(())
}

const KEY_CHECK: &str = "key_check";

async fn check_key(
    connection: &mut SqliteConnection,
    key: &mut SecretKey,
    dice: Arc<Dice>,
) -> Result<(), OpenError> {
    let stored = sqlx::query("SELECT value FROM havre_meta WHERE name = ?")
        .bind(KEY_CHECK)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(stored) = stored else {
        return first_key(connection, key, dice).await;
    };
    if !key.is_saved() {
        return Err(OpenError::MissingKey(key.path().to_owned()));
    }
    let stored: String = stored.try_get(0)?;
    let opened = Vault::new(key, dice).open(KEY_CHECK, &stored);
    opened.map(drop).map_err(|_| OpenError::WrongKey {
        found: key.id(),
        wanted: stored.split(':').next().unwrap_or_default().to_owned(),
        source_of_key: key.path().to_owned(),
    })
}

/// The key is on disk before the database asks for it.
async fn first_key(
    connection: &mut SqliteConnection,
    key: &mut SecretKey,
    dice: Arc<Dice>,
) -> Result<(), OpenError> {
    key.save()?;
    let sealed = Vault::new(key, dice)
        .seal(KEY_CHECK, KEY_CHECK)
        .map_err(|_| sqlx::Error::Protocol("the key check could not be encrypted".into()))?;
    sqlx::query("INSERT INTO havre_meta (name, value) VALUES (?, ?)")
        .bind(KEY_CHECK)
        .bind(sealed)
        .execute(connection)
        .await?;
    Ok(())
}

/// One connection, so that writers queue fairly inside the process instead of fighting for the file's lock. A database in
/// memory is gone with it: it is never looked at while a caller waits, since a caller that goes away then takes it along.
async fn writer_pool(
    target: &DatabaseTarget,
    options: SqliteConnectOptions,
) -> Result<SqlitePool, sqlx::Error> {
    let pool = match target {
        DatabaseTarget::Memory => pool(1),
        DatabaseTarget::Sqlite(_) => {
            pool(1).before_acquire(|connection, _| Box::pin(dialect::is_usable(connection)))
        }
    };
    pool.connect_with(options).await
}

fn reader_pool(options: SqliteConnectOptions) -> SqlitePool {
    pool(READERS).idle_timeout(IDLE).connect_lazy_with(options)
}

fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}
