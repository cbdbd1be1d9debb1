//! Whether a database of Havre's is all there: somebody may have dropped a table, a column or the ledger by hand.

use std::collections::BTreeSet;

use super::MigrateError;
use super::ledger::{self, Ledger};
use super::run::live;
use crate::dialect::{self, introspect};
use crate::schema::{Migrations, Op, Schema, diff};
use crate::sql::Link;

/// So many tables of ours are no accident.
const SURELY_OURS: usize = 5;

/// Refuses a database that lacks a table or a column which its version has. Extra ones are in nobody's way, and a missing
/// index only costs time. One statement when all is there.
pub(crate) async fn is_whole(
    link: &mut Link<'_>,
    ledger: &Ledger,
    migrations: &Migrations,
) -> Result<(), MigrateError> {
    if ledger.version() == 0 || !ledger.cuts.is_empty() {
        return Ok(());
    }
    let Ok(schema) = migrations.schema_at(ledger.version()) else {
        return Ok(());
    };
    let missing = missing(link, schema).await?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(MigrateError::NotWhole {
        missing,
        cure: additions(link, schema, migrations).await?,
    })
}

/// `table`, or `table.column`.
async fn missing(link: &mut Link<'_>, schema: &Schema) -> Result<Vec<String>, sqlx::Error> {
    let names: Vec<&str> = schema.tables.keys().map(String::as_str).collect();
    let there = introspect::columns_of(link, &names).await?;
    let mut missing = Vec::new();
    for table in schema.tables.values() {
        let Some(columns) = there.get(&table.name) else {
            missing.push(table.name.clone());
            continue;
        };
        let gone = table
            .columns
            .iter()
            .filter(|column| !columns.contains(&column.name));
        missing.extend(gone.map(|column| format!("{}.{}", table.name, column.name)));
    }
    Ok(missing)
}

/// The statements that put back what is missing; none where it cannot be told.
async fn additions(
    link: &mut Link<'_>,
    schema: &Schema,
    migrations: &Migrations,
) -> Result<Vec<String>, MigrateError> {
    let live = live(link, schema, migrations).await?;
    let adds = |op: &Op| {
        matches!(
            op,
            Op::CreateTable { .. } | Op::AddColumn { .. } | Op::AddForeignKey { .. }
        ) || matches!(op, Op::CreateIndex { table, .. } if live.table(table).is_some())
    };
    Ok(statements(link, &live, schema, adds))
}

/// The statements that lead from the live schema to another one, as this database spells them; none where it cannot be
/// told. `wanted` chooses among the steps.
pub(crate) fn statements(
    link: &Link<'_>,
    live: &Schema,
    to: &Schema,
    wanted: impl Fn(&Op) -> bool,
) -> Vec<String> {
    let mut now = live.clone();
    let mut statements = Vec::new();
    for op in diff(live, to)
        .unwrap_or_default()
        .iter()
        .filter(|op| wanted(op))
    {
        let rendered = link.dialect().render(op, &now);
        if op.apply(&mut now).is_err() {
            return Vec::new();
        }
        statements.extend(rendered);
    }
    statements
}

/// Refuses a database that holds Havre's tables and no record of their version: not the original's, though its
/// `deployments` looks like one.
pub(crate) async fn has_ledger(
    link: &mut Link<'_>,
    ledger: &Ledger,
    migrations: &Migrations,
) -> Result<(), MigrateError> {
    if ledger.is_ours() || !looks_like_ours(ledger, &migrations.tables()) {
        return Ok(());
    }
    let version = version_of(link, migrations).await?;
    let stamp = version.map(|version| stamp(link, migrations, version));
    Err(MigrateError::NoLedger {
        version,
        stamp: stamp.unwrap_or_default(),
    })
}

fn looks_like_ours(ledger: &Ledger, ours: &BTreeSet<String>) -> bool {
    let of_ours = |table: &&String| {
        ours.contains(*table)
            && *table != ledger::DEPLOYMENTS
            && !ledger::TABLES.contains(&table.as_str())
    };
    let count = ledger.tables.iter().filter(of_ours).count();
    ledger.tables.contains("havre_meta") || count >= SURELY_OURS
}

/// The version whose schema this is, to the last index.
async fn version_of(
    link: &mut Link<'_>,
    migrations: &Migrations,
) -> Result<Option<u32>, MigrateError> {
    for version in (1..=migrations.newest()).rev() {
        let Ok(schema) = migrations.schema_at(version) else {
            continue;
        };
        let mut live = live(link, schema, migrations).await?;
        let ours = migrations.tables();
        live.tables.retain(|name, _| ours.contains(name));
        if diff(&live, schema).is_ok_and(|ops| ops.is_empty()) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// The statements that write down the versions up to this one.
fn stamp(link: &Link<'_>, migrations: &Migrations, version: u32) -> Vec<String> {
    let make = dialect::ledger_tables(link.dialect()).first().copied();
    let all = migrations.all().iter().take(version as usize);
    let rows = all.map(|migration| {
        // Names and checksums are letters, digits and `_`.
        format!(
            "INSERT INTO havre_schema (version, name, checksum, applied_at) VALUES ({}, '{}', '{}', 0)",
            migration.version,
            migration.name,
            migration.checksum()
        )
    });
    make.map(str::to_owned).into_iter().chain(rows).collect()
}
