//! Opening and closing the database.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::{Clock, Dice};
use sqlx::ConnectOptions;

use crate::deployments::Totals;
use crate::dial::{Dialed, Need, Way, dial, sorted};
use crate::dialect;
use crate::error::{OpenError, Ran};
use crate::home::{self, Home};
use crate::key::SecretKey;
use crate::lock::Lock;
use crate::migrate;
use crate::pools::{Pools, TimeSource};
use crate::records::Batches;
use crate::reserve::Reserve;
use crate::rows::Read;
use crate::sql::{Conn, Link, Owned, Transaction, query};
use crate::target::DatabaseTarget;
use crate::tx::Tx;
use crate::vault::Vault;

/// How long a server may take to answer the first time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What a database is opened with.
pub struct Opening {
    /// The key of the secrets.
    pub key: SecretKey,
    /// The clock of this process.
    pub clock: Arc<dyn Clock>,
    /// The randomness of this process.
    pub dice: Arc<Dice>,
    /// Whose time leases and rows go by.
    pub time: TimeSource,
    /// The server that opens it.
    pub home: Home,
}

/// The open database: the port `domain::ports::Store`.
pub struct Database {
    pools: Arc<Pools>,
    vault: Vault,
    clock: Arc<dyn Clock>,
    dice: Arc<Dice>,
    time: TimeSource,
    home: Home,
    totals: Totals,
    /// For what goes on beside an answer.
    me: Weak<Self>,
    batches: Batches,
    /// Only of an SQLite file.
    reserve: Option<Arc<Reserve>>,
    _lock: Option<Lock>,
}

impl Database {
    /// Opens a database by its own time and from a home for once, see [`Database::open_with`].
    pub async fn open(
        target: &DatabaseTarget,
        key: SecretKey,
        clock: Arc<dyn Clock>,
        dice: Arc<Dice>,
    ) -> Result<Arc<Self>, OpenError> {
        let time = TimeSource::Database;
        let home = Home::for_once(&dice);
        let opening = Opening {
            key,
            clock,
            dice,
            time,
            home,
        };
        Self::open_with(target, opening).await
    }

    /// Opens a database, makes or migrates its schema, and checks that the key belongs to it. On SQLite the clock of this
    /// process is the clock of the database: no other process writes leases.
    pub async fn open_with(
        target: &DatabaseTarget,
        opening: Opening,
    ) -> Result<Arc<Self>, OpenError> {
        let Opening {
            mut key,
            clock,
            dice,
            time,
            home,
        } = opening;
        // Before the file is opened: closing it once more would end SQLite's locks on it.
        let dialed = dial(target, Need::Write, PATIENCE).await?;
        let lock = target.file().map(claim_file).transpose()?;
        refuse_stranger(target).await?;
        let pools = pools(target, dialed, &clock)
            .await
            .map_err(|error| sorted(target, &error))?;
        prepare(
            &pools,
            target.file(),
            &mut key,
            clock.as_ref(),
            Arc::clone(&dice),
        )
        .await?;
        home::claim(&pools, &home).await?;
        let pools = Arc::new(pools);
        let reserve = target.file().map(Reserve::beside).map(Arc::new);
        Ok(Arc::new_cyclic(|me| Self {
            batches: Batches::new(Arc::clone(&pools), reserve.clone()),
            pools,
            vault: Vault::new(&key, Arc::clone(&dice)),
            clock,
            dice,
            time,
            home,
            totals: Totals::default(),
            me: Weak::clone(me),
            reserve,
            _lock: lock,
        }))
    }

    /// Waits for what is running and closes. The write-ahead log of SQLite is folded into its file.
    pub async fn close(&self) {
        self.pools.close().await;
        if let Some(reserve) = &self.reserve {
            reserve.give_up();
        }
    }

    /// A connection to read from.
    pub(crate) async fn read(&self) -> Ran<Conn> {
        Ok(self.pools.read().await?)
    }

    /// A transaction that writes, alone. Dropped without [`Tx::commit`], nothing happened.
    pub(crate) async fn write(&self) -> Ran<Tx<'_>> {
        self.look_after_reserve();
        let (inner, server) = self.pools.write().await?;
        let now = self.choose(server);
        Ok(Tx::new(inner, now, self))
    }

    /// A connection for one statement that is a whole change by itself.
    #[cfg(test)]
    pub(crate) async fn autocommit(&self) -> Ran<Conn> {
        self.look_after_reserve();
        Ok(self.pools.autocommit().await?)
    }

    /// Rows that come at the same time are saved together here.
    pub(crate) fn batches(&self) -> &Batches {
        &self.batches
    }

    /// True when the rows that are written now have the server's time.
    pub(crate) fn is_dated_by_server(&self) -> bool {
        self.time == TimeSource::Database && dialect::now(self.dialect()).is_some()
    }

    fn look_after_reserve(&self) {
        if let Some(reserve) = &self.reserve {
            reserve.look_after();
        }
    }

    /// Now, by the clock that leases go by.
    pub(crate) async fn now(&self) -> Ran<DateTime<Utc>> {
        let asked =
            dialect::now(self.pools.dialect()).filter(|_| self.time == TimeSource::Database);
        let Some(statement) = asked else {
            return Ok(self.clock.now());
        };
        let row = query(statement)
            .fetch_one(self.read().await?.link())
            .await?;
        row.time("now")
    }

    fn choose(&self, server: Option<DateTime<Utc>>) -> DateTime<Utc> {
        match (self.time, server) {
            (TimeSource::Database, Some(server)) => server,
            _ => self.clock.now(),
        }
    }

    /// The totals that are kept for a moment.
    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The same database, for what outlives a request.
    pub(crate) fn shared(&self) -> Ran<Arc<Self>> {
        let me = self.me.upgrade();
        me.ok_or_else(|| sqlx::Error::PoolClosed.into())
    }

    pub(crate) fn dialect(&self) -> dialect::Dialect {
        self.pools.dialect()
    }

    /// The one connection that writes, to change its settings.
    #[cfg(test)]
    pub(crate) async fn writer_for_tests(&self) -> Conn {
        self.pools.autocommit().await.expect("the database is open")
    }

    /// The server that opened it.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(crate) fn dice(&self) -> &Dice {
        &self.dice
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

async fn pools(
    target: &DatabaseTarget,
    dialed: Dialed,
    clock: &Arc<dyn Clock>,
) -> Result<Pools, sqlx::Error> {
    match dialed.way {
        Way::Memory => Pools::memory(dialect::memory()).await,
        Way::File => {
            let path = target.file().unwrap_or(Path::new(""));
            Pools::sqlite(dialect::writer(path), dialect::reader(path)).await
        }
        Way::Postgres(options) => Ok(Pools::postgres(*options, Arc::clone(clock))),
        Way::MySql(options) => {
            let dialect = dialed.server.dialect;
            Ok(Pools::mysql(*options, dialect, Arc::clone(clock)))
        }
    }
}

/// A file that is not Havre's is refused before anything is changed in it: a connection that writes begins a log there.
async fn refuse_stranger(target: &DatabaseTarget) -> Result<(), OpenError> {
    let Some(path) = target.file() else {
        return Ok(());
    };
    let told = |error: sqlx::Error| OpenError::from(sorted(target, &error));
    let connection = dialect::connect::guest(path).connect().await;
    let mut connection = Owned::Sqlite(connection.map_err(told)?);
    let known = migrate::is_known(&mut connection.link()).await;
    connection.close().await.map_err(told)?;
    Ok(known?)
}

/// Takes an SQLite file for this process alone, and makes it if it is not there.
pub(crate) fn claim_file(path: &Path) -> Result<Lock, OpenError> {
    let lock = Lock::take(path)?;
    make_file(path)?;
    Ok(lock)
}

/// The file is made by us, for us alone; SQLite gives its log the same mode.
fn make_file(path: &Path) -> Result<(), OpenError> {
    let made = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path);
    made.map(drop)
        .map_err(|error| OpenError::of_io(path, path, &error))
}

/// Schema, then key: a start that was cut is gone on with by the next one.
async fn prepare(
    pools: &Pools,
    file: Option<&Path>,
    key: &mut SecretKey,
    clock: &dyn Clock,
    dice: Arc<Dice>,
) -> Result<(), OpenError> {
    let mut connection = pools.autocommit().await?;
    let done = migrate::bring_up(&mut connection.link(), file, clock.now()).await?;
    let make_lock = dialect::make_write_lock(connection.link().dialect());
    query(make_lock).execute(connection.link()).await?;
    drop(connection);
    if let Some(backup) = done.backup {
        tracing::info!(backup = %backup.display(), applied = ?done.up, "the database was migrated, after a backup");
    }
    // Of two first servers one gives the database its key, and the other sees it.
    let (mut tx, _) = pools.write().await?;
    check_key(&mut tx, key, dice).await?;
    tx.commit().await?;
    Ok(())
}

const KEY_CHECK: &str = "key_check";

async fn check_key(
    tx: &mut Transaction,
    key: &mut SecretKey,
    dice: Arc<Dice>,
) -> Result<(), OpenError> {
    let stored = query("SELECT value FROM havre_meta WHERE name = ?")
        .bind(KEY_CHECK)
        .fetch_optional(tx.link())
        .await?;
    let Some(stored) = stored else {
        return first_key(tx.link(), key, dice).await;
    };
    if !key.is_saved() {
        return Err(OpenError::MissingKey(key.path().to_owned()));
    }
    let stored = stored.text_opt("value")?.unwrap_or_default();
    let opened = Vault::new(key, dice).open(KEY_CHECK, &stored);
    opened.map(drop).map_err(|_| OpenError::WrongKey {
        found: key.id(),
        wanted: stored.split(':').next().unwrap_or_default().to_owned(),
        source_of_key: key.path().to_owned(),
    })
}

/// The key is on disk before the database asks for it.
async fn first_key(link: Link<'_>, key: &mut SecretKey, dice: Arc<Dice>) -> Result<(), OpenError> {
    key.save()?;
    let sealed = Vault::new(key, dice)
        .seal(KEY_CHECK, KEY_CHECK)
        .map_err(|_| sqlx::Error::Protocol("the key check could not be encrypted".into()))?;
    query("INSERT INTO havre_meta (name, value) VALUES (?, ?)")
        .bind(KEY_CHECK)
        .bind(sealed)
        .execute(link)
        .await?;
    Ok(())
}
