//! Tables beside the present ones, which change places with them in one statement: MySQL and MariaDB, where every change of
//! the schema is a commit.
//!
//! The names of the tables are the record of how far it is. `havre_new__*` alone: everything is as it was, and what was
//! loaded is of no use. `havre_old__restore`: the new tables are in their places, and the old ones may have to be removed and
//! foreign keys to be made (two of the same name cannot be in one database, so not earlier). [`settle`] does either.

use tokio::sync::mpsc;

use super::RestoreError;
use super::plan::{Done, Plan, bare, behind, run};
use super::source::Message;
use crate::admin::backup::Phase;
use crate::dialect::bulk::{NEW, OLD, RESTORE_MARK, is_of_restore, quoted};
use crate::dialect::{self, bulk, introspect};
use crate::migrate::MigrateError;
use crate::migrate::ledger::{self, Ledger};
use crate::migrate::run::Run;
use crate::schema::{Migrations, Op, Schema};
use crate::sql::{Link, query};

/// A table that changes places with the others, to say that they did: then it is [`RESTORE_MARK`].
const MARK: &str = "restore";

fn new(table: &str) -> String {
    format!("{NEW}{table}")
}

fn old(table: &str) -> String {
    format!("{OLD}{table}")
}

/// Everything changes in one moment; before it nothing, and behind it nothing but what nobody sees.
pub(super) async fn restore(
    link: &mut Link<'_>,
    plan: &Plan<'_>,
    inbox: mpsc::Receiver<Message>,
) -> Result<Done, RestoreError> {
    settle(link, plan.migrations).await?;
    bulk::prepare(link).await?;
    if let Err(error) = beside(link, plan, inbox).await {
        // What cannot be removed now is removed by the next restore.
        if let Err(error) = drop_all(link, NEW).await {
            tracing::warn!(%error, "tables of a restore that failed were not removed");
        }
        return Err(error);
    }
    change_places(link, plan).await?;
    let migrated = finish(link, plan).await.map_err(RestoreError::Unfinished)?;
    Ok(Done {
        migrated,
        dangling: Vec::new(),
    })
}

/// Everything that takes long, beside what is there.
async fn beside(
    link: &mut Link<'_>,
    plan: &Plan<'_>,
    inbox: mpsc::Receiver<Message>,
) -> Result<(), RestoreError> {
    let schema = plan.schema()?;
    let mut built = Schema::default();
    for table in schema.tables.values() {
        let mut table = bare(link.dialect(), table);
        table.name = new(&table.name);
        let create = link.dialect().create_bare(&table);
        link.again().run_script(&create).await?;
        built.tables.insert(table.name.clone(), table);
    }
    plan.rows(link, inbox, new).await?;
    plan.numbers(link, new).await?;
    indexes(link, plan, &mut built).await?;
    if let Some((table, parent, rows)) = bulk::broken_references(link, schema, new).await?.pop() {
        return Err(RestoreError::Dangling {
            table,
            parent,
            rows,
        });
    }
    own_tables(link, plan).await?;
    let names: Vec<String> = schema.tables.keys().map(|name| new(name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok(bulk::analyze(link, &names).await?)
}

fn apply(op: &Op, schema: &mut Schema) -> Result<(), RestoreError> {
    let applied = op.apply(schema);
    Ok(applied.map_err(|error| MigrateError::Refused(error.to_string()))?)
}

async fn indexes(
    link: &mut Link<'_>,
    plan: &Plan<'_>,
    built: &mut Schema,
) -> Result<(), RestoreError> {
    let ops = behind(link.dialect(), plan.schema()?);
    let indexes = ops.into_iter().filter_map(|op| match op {
        Op::CreateIndex { table, index } => Some(Op::CreateIndex {
            table: new(&table),
            index,
        }),
        _ => None,
    });
    let ops: Vec<Op> = indexes.collect();
    let total = ops.len() as u64;
    for (done, op) in (0..).zip(&ops) {
        plan.tell(Phase::Indexing, done, total);
        run::<RestoreError>(link, op, built).await?;
        apply(op, built)?;
    }
    plan.tell(Phase::Indexing, total, total);
    Ok(())
}

/// The record of migrations, the row that writers lock, and the mark.
async fn own_tables(link: &mut Link<'_>, plan: &Plan<'_>) -> Result<(), RestoreError> {
    let [schema, progress] = ledger::TABLES;
    for statement in dialect::ledger_tables(link.dialect()) {
        let statement = statement.replace(schema, &new(schema));
        let statement = statement.replace(progress, &new(progress));
        link.again().run_script(&statement).await?;
    }
    for migration in plan.migrations.all().iter().take(plan.version as usize) {
        let insert = format!(
            "INSERT INTO {} (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
            quoted(link.dialect(), &new(schema))
        );
        query(insert)
            .bind(migration.version)
            .bind(&migration.name)
            .bind(migration.checksum())
            .bind(plan.now.timestamp_micros())
            .execute(link.again())
            .await?;
    }
    if plan.schema()?.table("havre_meta").is_some() {
        let lock =
            dialect::make_write_lock(link.dialect()).replace("havre_meta", &new("havre_meta"));
        query(lock).execute(link.again()).await?;
    }
    let mark = quoted(link.dialect(), &new(MARK));
    let mark = format!("CREATE TABLE {mark} (nothing INTEGER NOT NULL PRIMARY KEY)");
    Ok(link.again().run_script(&mark).await?)
}

/// The moment.
async fn change_places(link: &mut Link<'_>, plan: &Plan<'_>) -> Result<(), RestoreError> {
    let dialect = link.dialect();
    let ours = plan.migrations.tables();
    let present = introspect::table_names(link).await?;
    let is_ours = |name: &&String| ours.contains(*name) || ledger::TABLES.contains(&name.as_str());
    let away = present
        .iter()
        .filter(is_ours)
        .map(|name| (name.clone(), old(name)));
    let here = present.iter().filter_map(|name| {
        let to = name.strip_prefix(NEW)?;
        let to = if to == MARK { RESTORE_MARK } else { to };
        Some((name.clone(), to.to_owned()))
    });
    let moves: Vec<String> = away
        .chain(here)
        .map(|(from, to)| format!("{} TO {}", quoted(dialect, &from), quoted(dialect, &to)))
        .collect();
    let rename = format!("RENAME TABLE {}", moves.join(", "));
    match link.again().run_script(&rename).await {
        Ok(()) => Ok(()),
        Err(error) => {
            if let Err(error) = drop_all(link, NEW).await {
                tracing::warn!(%error, "tables of a restore that failed were not removed");
            }
            Err(error.into())
        }
    }
}

async fn finish(link: &mut Link<'_>, plan: &Plan<'_>) -> Result<Vec<String>, MigrateError> {
    settle(link, plan.migrations).await?;
    let run = Run {
        migrations: plan.migrations,
        now: plan.now,
    };
    let done = run.go(link, plan.migrations.newest()).await?;
    Ok(done.up)
}

/// Ends a restore that was cut, or undoes it; waits for one that is under way. Nothing to do on a database that undoes
/// schema changes by itself.
pub(crate) async fn settle(
    link: &mut Link<'_>,
    migrations: &Migrations,
) -> Result<(), MigrateError> {
    if !anything_left(link).await? {
        return Ok(());
    }
    // The same connection may have the lock already, and then has it twice.
    if !dialect::lock_out(link).await? {
        return Err(MigrateError::Locked);
    }
    let settled = settle_alone(link, migrations).await;
    let unlocked = dialect::let_in(link).await;
    settled?;
    Ok(unlocked?)
}

async fn anything_left(link: &mut Link<'_>) -> Result<bool, sqlx::Error> {
    let names = introspect::table_names(link).await?;
    Ok(names.iter().any(|name| is_of_restore(name)))
}

async fn settle_alone(link: &mut Link<'_>, migrations: &Migrations) -> Result<(), MigrateError> {
    link.again()
        .run_script("SET SESSION foreign_key_checks = 0")
        .await?;
    let names = introspect::table_names(link).await?;
    if names.iter().any(|name| name == RESTORE_MARK) {
        drop_all(link, OLD).await?;
        foreign_keys(link, migrations).await?;
        bulk::drop_tables(link, &[RESTORE_MARK.to_owned()]).await?;
    }
    drop_all(link, NEW).await?;
    let settings = "SET SESSION foreign_key_checks = DEFAULT, SESSION sql_mode = DEFAULT";
    Ok(link.again().run_script(settings).await?)
}

/// All of that kind, but for the mark in its last place.
async fn drop_all(link: &mut Link<'_>, prefix: &str) -> Result<(), sqlx::Error> {
    let mut names = introspect::table_names(link).await?;
    names.retain(|name| name.starts_with(prefix) && name != RESTORE_MARK);
    bulk::drop_tables(link, &names).await
}

/// Makes those that are not there yet.
async fn foreign_keys(link: &mut Link<'_>, migrations: &Migrations) -> Result<(), MigrateError> {
    let version = Ledger::read(link).await?.version();
    let schema = migrations.schema_at(version);
    let schema = schema.map_err(MigrateError::Refused)?;
    let live = introspect::read_schema(link).await?;
    for op in behind(link.dialect(), schema) {
        let Op::AddForeignKey { table, foreign_key } = &op else {
            continue;
        };
        let found = live.table(table);
        if found.is_some_and(|found| found.foreign_key(&foreign_key.name).is_none()) {
            let mut before = schema.clone();
            if let Some(table) = before.tables.get_mut(table) {
                table
                    .foreign_keys
                    .retain(|key| key.name != foreign_key.name);
            }
            run::<MigrateError>(link, &op, &before).await?;
        }
    }
    Ok(())
}
