//! Brings a database to the schema of this program, or refuses one that is not its own. All that is to be done happens in
//! one transaction, which is also the lock against a second server.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection};

use crate::dialect;
use crate::error::OpenError;

struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "first_light",
    sql: include_str!("../migrations/0001_first_light.sql"),
}];

const SCHEMA_TABLE: &str = "CREATE TABLE havre_schema (
    version INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    applied_at BIGINT NOT NULL
)";

/// Inside a write transaction of the caller.
pub(crate) async fn run(
    connection: &mut SqliteConnection,
    now: DateTime<Utc>,
) -> Result<(), OpenError> {
    let applied = applied(connection).await?;
    check(&applied)?;
    for migration in &MIGRATIONS[applied.len()..] {
        tracing::info!(
            version = migration.version,
            name = migration.name,
            "migrating the database"
        );
        sqlx::raw_sql(migration.sql)
            .execute(&mut *connection)
            .await?;
        sqlx::query(
            "INSERT INTO havre_schema (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
        )
        .bind(migration.version)
        .bind(migration.name)
        .bind(checksum(migration))
        .bind(now.timestamp_micros())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Version and checksum of what was applied, in order; an empty database is given its schema table.
async fn applied(connection: &mut SqliteConnection) -> Result<Vec<(i64, String)>, OpenError> {
    let tables: Vec<String> = sqlx::query(dialect::TABLES)
        .fetch_all(&mut *connection)
        .await?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    if tables.iter().any(|table| table == "havre_schema") {
        let rows = sqlx::query("SELECT version, checksum FROM havre_schema ORDER BY version")
            .fetch_all(&mut *connection)
            .await?;
        return rows
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect();
    }
    if tables.iter().any(|table| table == "deployments") {
        return Err(OpenError::NotAdopted);
    }
    if let Some(table) = tables.into_iter().next() {
        return Err(OpenError::ForeignTables(table));
    }
    sqlx::raw_sql(SCHEMA_TABLE).execute(connection).await?;
    Ok(Vec::new())
}

fn check(applied: &[(i64, String)]) -> Result<(), OpenError> {
    for (index, (version, sum)) in applied.iter().enumerate() {
        let Some(known) = MIGRATIONS.get(index) else {
            return Err(OpenError::NewerSchema {
                found: *version,
                known: MIGRATIONS.len() as i64,
            });
        };
        if known.version != *version || checksum(known) != *sum {
            return Err(OpenError::ChangedMigration(*version));
        }
    }
    Ok(())
}

fn checksum(migration: &Migration) -> String {
    hex::encode(Sha256::digest(migration.sql.as_bytes()))
}
