//! What a backup will hold.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::BackupError;
use crate::admin::keys;
use crate::dialect::{Dialect, bulk, introspect};
use crate::migrate::ledger::{self, Ledger};
use crate::migrate::{MigrateError, refuse};
use crate::portable::{FORMAT, Header, Migration, PortableColumn, PortableTable};
use crate::schema::{Migrations, Schema, Table};
use crate::sql::Link;

/// Describes the database, and gives the schema that it has.
pub(super) async fn describe<'m>(
    link: &mut Link<'_>,
    migrations: &'m Migrations,
    now: DateTime<Utc>,
) -> Result<(Header, &'m Schema), BackupError> {
    let ledger = Ledger::read(link).await?;
    let schema = known(link, &ledger, migrations).await?;
    let mut tables = Vec::new();
    for table in schema.tables.values() {
        tables.push(describe_table(link, table).await?);
    }
    let applied = ledger.applied.iter().map(|applied| Migration {
        version: i64::from(applied.version),
        name: applied.name.clone(),
        checksum: applied.checksum.clone(),
    });
    let header = Header {
        format: FORMAT,
        made_by: env!("CARGO_PKG_VERSION").into(),
        made_at: now.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        source: word(link.dialect()).into(),
        schema: applied.collect(),
        keys: keys::named(link, schema).await?,
        tables,
    };
    Ok((header, schema))
}

/// The schema of a database that is Havre's, whole, and not in the middle of something.
async fn known<'m>(
    link: &mut Link<'_>,
    ledger: &Ledger,
    migrations: &'m Migrations,
) -> Result<&'m Schema, BackupError> {
    refuse(link, ledger, migrations).await?;
    if ledger.version() == 0 {
        return Err(BackupError::Nothing);
    }
    let schema = migrations.schema_at(ledger.version());
    Ok(schema.map_err(MigrateError::Refused)?)
}

/// How the header names a kind of database.
pub(super) fn word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgresql",
        Dialect::MySql => "mysql",
        Dialect::MariaDb => "mariadb",
    }
}

async fn describe_table(link: &mut Link<'_>, table: &Table) -> Result<PortableTable, sqlx::Error> {
    let columns = table.columns.iter().map(|column| PortableColumn {
        name: column.name.clone(),
        kind: column.kind.clone(),
    });
    let sequence = match table.columns.iter().find(|column| column.auto) {
        Some(column) => bulk::last_number(link, &table.name, &column.name).await?,
        None => None,
    };
    Ok(PortableTable {
        name: table.name.clone(),
        columns: columns.collect(),
        rows: bulk::count(link, &table.name).await?,
        sequence,
    })
}

/// Tables, and columns of Havre's tables, that somebody else made.
pub(super) async fn left_out(
    link: &mut Link<'_>,
    header: &Header,
    migrations: &Migrations,
) -> Result<Vec<String>, sqlx::Error> {
    let live = introspect::read_schema(link).await?;
    let ours = migrations.tables();
    let mut left_out = Vec::new();
    for (name, table) in &live.tables {
        let Some(saved) = header.tables.iter().find(|saved| saved.name == *name) else {
            let own = ledger::TABLES.contains(&name.as_str()) || bulk::is_of_restore(name);
            if !ours.contains(name) && !own {
                left_out.push(name.clone());
            }
            continue;
        };
        let saved: BTreeSet<&str> = saved.columns.iter().map(|it| it.name.as_str()).collect();
        let strange = table
            .columns
            .iter()
            .filter(|it| !saved.contains(it.name.as_str()));
        left_out.extend(strange.map(|column| format!("{name}.{}", column.name)));
    }
    Ok(left_out)
}
