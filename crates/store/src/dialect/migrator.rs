//! What a migration needs of each database: one migrator at a time, and everything or nothing where the database can.

use super::Dialect;
use crate::sql::{Link, query};

/// The number of the migrators' advisory lock on PostgreSQL: `havre` in ASCII, then 2. Locks are per database.
const NUMBER: i64 = 0x0068_6176_7265_0002;

/// The migrators' lock on MySQL. Names there are the whole server's, so the database is in it.
const NAME: &str = "CONCAT('havre.migrate.', LEFT(SHA2(DATABASE(), 256), 40))";

/// How long a migrator waits for another one, and a statement of it for a table that others use, in seconds. SQLite waits
/// as long as its connection says.
const PATIENCE: u32 = 20;

/// True when changes of the schema are part of a transaction. MySQL commits each by itself.
pub(crate) fn rolls_back_schema(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Sqlite | Dialect::Postgres)
}

/// Takes the lock that keeps other migrators out; false when another one has it and keeps it. SQLite is locked by the
/// transaction.
pub(crate) async fn lock_out(link: &mut Link<'_>) -> Result<bool, sqlx::Error> {
    match link.dialect() {
        Dialect::Sqlite => Ok(true),
        Dialect::Postgres => {
            let patience = format!("SET lock_timeout = '{PATIENCE}s'");
            link.again().run_script(&patience).await?;
            let lock = query("SELECT 1 AS got FROM pg_catalog.pg_advisory_lock(?)").bind(NUMBER);
            match lock.fetch_one(link.again()).await {
                Ok(_) => Ok(true),
                Err(error) if is_locked(&error) => Ok(false),
                Err(error) => Err(error),
            }
        }
        Dialect::MySql | Dialect::MariaDb => {
            let patience = format!("SET SESSION lock_wait_timeout = {PATIENCE}");
            link.again().run_script(&patience).await?;
            let lock = query(format!("SELECT GET_LOCK({NAME}, {PATIENCE}) AS got"));
            let row = lock.fetch_one(link.again()).await?;
            Ok(row.int_opt("got")? == Some(1))
        }
    }
}

/// Lets the next one in, and puts the connection's settings back.
pub(crate) async fn let_in(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    match link.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => {
            let unlock = query("SELECT CAST(pg_advisory_unlock(?) AS INTEGER) AS got").bind(NUMBER);
            unlock.fetch_one(link.again()).await?;
            link.again().run_script("RESET lock_timeout").await
        }
        Dialect::MySql | Dialect::MariaDb => {
            let unlock = query(format!("SELECT RELEASE_LOCK({NAME}) AS got"));
            unlock.fetch_one(link.again()).await?;
            let settings = "SET SESSION lock_wait_timeout = DEFAULT";
            link.again().run_script(settings).await
        }
    }
}

/// True when a statement failed since somebody else holds a lock.
pub(crate) fn is_locked(error: &sqlx::Error) -> bool {
    let Some(code) = error.as_database_error().and_then(|error| error.code()) else {
        return false;
    };
    let sqlite = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<sqlx::sqlite::SqliteError>());
    // The low byte only of SQLite's own codes: others are numbers too.
    let sqlite_busy = sqlite.is_some()
        && code
            .parse::<u32>()
            .is_ok_and(|code| matches!(code & 0xff, 5 | 6));
    // PostgreSQL: lock_not_available. MySQL: a lock wait timeout is HY000, as much else, so its number is asked for.
    let mysql = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>());
    match mysql {
        Some(error) => error.number() == 1205,
        None => sqlite_busy || code == "55P03",
    }
}

/// Before a transaction that changes the schema. SQLite rebuilds a table by making a new one under another name: foreign
/// keys that point at it must not be followed meanwhile, nor rewritten.
pub(crate) async fn begin_schema_change(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    let statements: &[&str] = match link.dialect() {
        Dialect::Sqlite => &[
            "PRAGMA foreign_keys = OFF",
            "PRAGMA legacy_alter_table = ON",
            "BEGIN IMMEDIATE",
        ],
        Dialect::Postgres => &["BEGIN"],
        Dialect::MySql | Dialect::MariaDb => &["START TRANSACTION"],
    };
    for statement in statements {
        link.again().run_script(statement).await?;
    }
    Ok(())
}

/// Ends it. On SQLite what was broken would only be seen later, so it is looked for before: the words name it.
pub(crate) async fn commit_schema_change(
    link: &mut Link<'_>,
) -> Result<Result<(), String>, sqlx::Error> {
    if link.dialect() == Dialect::Sqlite {
        let broken = query("SELECT \"table\" AS tbl, parent FROM pragma_foreign_key_check LIMIT 1")
            .fetch_optional(link.again())
            .await?;
        if let Some(row) = broken {
            let (table, parent) = (row.text_opt("tbl")?, row.text_opt("parent")?);
            return Ok(Err(format!(
                "{} -> {}",
                table.unwrap_or_default(),
                parent.unwrap_or_default()
            )));
        }
    }
    link.again().run_script("COMMIT").await?;
    settle(link).await.map(Ok)
}

/// Undoes it. It may be undone already: SQLite does that by itself when the disk is full.
pub(crate) async fn roll_back_schema_change(link: &mut Link<'_>) {
    if let Err(error) = link.again().run_script("ROLLBACK").await {
        tracing::debug!(%error, "there was nothing to roll back");
    }
    if let Err(error) = settle(link).await {
        tracing::warn!(%error, "the settings of the connection were not put back");
    }
}

async fn settle(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    if link.dialect() == Dialect::Sqlite {
        link.again()
            .run_script("PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON")
            .await?;
    }
    Ok(())
}

/// The runner's own tables: `havre_schema` as First light made it, and where nothing undoes a schema change, what is under
/// way. Text is plain ASCII of our own.
pub(crate) fn ledger_tables(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => &["CREATE TABLE IF NOT EXISTS havre_schema (
    version INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    applied_at BIGINT NOT NULL
)"],
        Dialect::Postgres => &["CREATE TABLE IF NOT EXISTS havre_schema (
    version INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(100) COLLATE \"C\" NOT NULL,
    checksum VARCHAR(64) COLLATE \"C\" NOT NULL,
    applied_at BIGINT NOT NULL
)"],
        Dialect::MySql | Dialect::MariaDb => &[
            "CREATE TABLE IF NOT EXISTS havre_schema (
    version INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    applied_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            "CREATE TABLE IF NOT EXISTS havre_progress (
    what VARCHAR(10) NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    name VARCHAR(100) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    note VARCHAR(255) NOT NULL,
    begun_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ],
    }
}
