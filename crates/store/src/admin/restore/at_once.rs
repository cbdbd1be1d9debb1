//! One transaction: SQLite and PostgreSQL.

use tokio::sync::mpsc;

use super::RestoreError;
use super::plan::{Done, Plan, bare, behind, run};
use super::source::Message;
use crate::admin::backup::Phase;
use crate::dialect::{self, Dialect, bulk, introspect};
use crate::migrate::MigrateError;
use crate::migrate::ledger;
use crate::migrate::run::Run;
use crate::schema::Schema;
use crate::sql::{Link, query};
use crate::text::backup as text;

/// All of it, or nothing.
pub(super) async fn restore(
    link: &mut Link<'_>,
    plan: &Plan<'_>,
    inbox: mpsc::Receiver<Message>,
) -> Result<Done, RestoreError> {
    let done = match dialect::begin_schema_change(link).await {
        Ok(()) => inside(link, plan, inbox).await,
        Err(error) => Err(error.into()),
    };
    let ended = match done {
        Ok(done) => commit(link, &done).await.map(|()| done),
        Err(error) => Err(error),
    };
    if ended.is_err() {
        dialect::roll_back_schema_change(link).await;
    }
    ended
}

async fn inside(
    link: &mut Link<'_>,
    plan: &Plan<'_>,
    inbox: mpsc::Receiver<Message>,
) -> Result<Done, RestoreError> {
    hold_writers(link).await?;
    bulk::prepare(link).await?;
    let same = str::to_owned;
    wipe(link, plan).await?;
    create(link, plan.schema()?).await?;
    plan.rows(link, inbox, same).await?;
    plan.numbers(link, same).await?;
    let dangling = dangling(link, plan.schema()?).await?;
    finish(link, plan).await?;
    ledger::make_tables(link).await?;
    for migration in plan.migrations.all().iter().take(plan.version as usize) {
        ledger::record(link, migration, plan.now).await?;
    }
    let run = Run {
        migrations: plan.migrations,
        now: plan.now,
    };
    let migrated = run.inside(link, plan.migrations.newest()).await?;
    let newest = plan.migrations.newest_schema();
    let tables: Vec<&str> = newest.tables.keys().map(String::as_str).collect();
    bulk::analyze(link, &tables).await?;
    Ok(Done {
        migrated: migrated.up,
        dangling,
    })
}

/// Whoever writes is waited for, and then waits for us.
async fn hold_writers(link: &mut Link<'_>) -> Result<(), RestoreError> {
    if let Some(lock) = dialect::write_lock(link.dialect()) {
        let mut statement = query(lock.statement);
        if let Some(number) = lock.number {
            statement = statement.bind(number);
        }
        statement.fetch_one(link.again()).await?;
    }
    Ok(())
}

async fn wipe(link: &mut Link<'_>, plan: &Plan<'_>) -> Result<(), RestoreError> {
    let ours = plan.migrations.tables();
    let mut present = introspect::table_names(link).await?;
    present.retain(|name| ours.contains(name) || ledger::TABLES.contains(&name.as_str()));
    Ok(bulk::drop_tables(link, &present).await?)
}

/// The tables without indexes: those are made at once when all rows are there, which is faster.
async fn create(link: &mut Link<'_>, schema: &Schema) -> Result<(), RestoreError> {
    for table in schema.tables.values() {
        let dialect = link.dialect();
        let create = dialect.create_bare(&bare(dialect, table));
        link.again().run_script(&create).await?;
    }
    Ok(())
}

/// Rows that point at nothing. SQLite has kept them before, when another program did not look; others never did.
async fn dangling(link: &mut Link<'_>, schema: &Schema) -> Result<Vec<String>, RestoreError> {
    let broken = bulk::broken_references(link, schema, str::to_owned).await?;
    if link.dialect() != Dialect::Sqlite
        && let Some((table, parent, rows)) = broken.first().cloned()
    {
        return Err(RestoreError::Dangling {
            table,
            parent,
            rows,
        });
    }
    let words = broken
        .iter()
        .map(|(table, parent, rows)| text::dangles(table, parent, *rows));
    Ok(words.collect())
}

/// Indexes and foreign keys.
async fn finish(link: &mut Link<'_>, plan: &Plan<'_>) -> Result<(), RestoreError> {
    let dialect = link.dialect();
    let schema = plan.schema()?;
    let mut built = Schema::default();
    for table in schema.tables.values() {
        let bare = bare(dialect, table);
        built.tables.insert(bare.name.clone(), bare);
    }
    let ops = behind(dialect, schema);
    let total = ops.len() as u64;
    for (done, op) in (0..).zip(&ops) {
        plan.tell(Phase::Indexing, done, total);
        run::<RestoreError>(link, op, &built).await?;
        op.apply(&mut built)
            .map_err(|error| MigrateError::Refused(error.to_string()))?;
    }
    plan.tell(Phase::Indexing, total, total);
    Ok(())
}

async fn commit(link: &mut Link<'_>, done: &Done) -> Result<(), RestoreError> {
    if !done.dangling.is_empty() {
        return Ok(bulk::commit_anyway(link).await?);
    }
    match dialect::commit_schema_change(link).await? {
        Ok(()) => Ok(()),
        Err(broken) => Err(MigrateError::Refused(broken).into()),
    }
}
