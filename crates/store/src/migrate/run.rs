//! Goes from the version that the database is at to another one, alone.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::ledger::{self, Ledger, Way};
use super::moves::{Move, between};
use super::step::Step;
use super::{MigrateError, stepwise};
use crate::dialect::{self, Dialect, introspect};
use crate::schema::{Migrations, Schema, recognise};
use crate::sql::{Link, query};
use crate::text::migrate as text;

/// What was done: names of migrations in the order in which they were gone through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) up: Vec<String>,
    pub(crate) down: Vec<String>,
}

impl Done {
    pub(super) fn add(&mut self, step: &Move<'_>) {
        let list = match step.way {
            Way::Down => &mut self.down,
            Way::Up | Way::Adopt => &mut self.up,
        };
        list.push(step.migration.to_string());
    }
}

/// What a run is given.
#[derive(Clone, Copy)]
pub(crate) struct Run<'m> {
    /// All migrations at hand.
    pub(crate) migrations: &'m Migrations,
    /// What is written down as the time of it.
    pub(crate) now: DateTime<Utc>,
}

impl Run<'_> {
    /// Goes to a version, up or down, and ends what was cut on the way. Waits for other migrators, for a bounded time.
    pub(crate) async fn go(self, link: &mut Link<'_>, to: u32) -> Result<Done, MigrateError> {
        let ledger = Ledger::read(link).await?;
        ledger.check(self.migrations)?;
        if ledger.cuts.is_empty() && ledger.version() == to {
            return Ok(Done::default());
        }
        // Before the lock is taken: what cannot be is told at once.
        between(self.migrations, ledger.version(), to)?;
        self.alone(link, to).await
    }

    async fn alone(self, link: &mut Link<'_>, to: u32) -> Result<Done, MigrateError> {
        if !dialect::lock_out(link).await? {
            return Err(MigrateError::Locked);
        }
        let done = self.locked(link, to).await;
        let unlocked = dialect::let_in(link).await;
        let done = done?;
        unlocked?;
        Ok(done)
    }

    async fn locked(self, link: &mut Link<'_>, to: u32) -> Result<Done, MigrateError> {
        let done = if dialect::rolls_back_schema(link.dialect()) {
            self.at_once(link, to).await?
        } else {
            stepwise::go(self, link, to).await?
        };
        let schema = self.migrations.schema_at(to);
        if schema.is_ok_and(|schema| schema.table("havre_meta").is_some()) {
            // The row that writers lock, for whoever writes before a server starts.
            query(dialect::make_write_lock(link.dialect()))
                .execute(link.again())
                .await?;
        }
        Ok(done)
    }

    /// Everything in one transaction.
    async fn at_once(self, link: &mut Link<'_>, to: u32) -> Result<Done, MigrateError> {
        begin(link).await?;
        let done = self.inside(link, to).await;
        end(link, done).await
    }

    /// Inside a transaction.
    pub(crate) async fn inside(self, link: &mut Link<'_>, to: u32) -> Result<Done, MigrateError> {
        ledger::make_tables(link).await?;
        let ledger = Ledger::read(link).await?;
        ledger.check(self.migrations)?;
        let mut done = Done::default();
        let moves = between(self.migrations, ledger.version(), to)?;
        let Some(first) = moves.first() else {
            return Ok(done);
        };
        let mut schema = live(link, first.before(self.migrations)?, self.migrations).await?;
        for step in &moves {
            tracing::info!(migration = %step.migration, way = step.way.word(), "migrating the database");
            self.one(link, &mut schema, step).await?;
            done.add(step);
        }
        Ok(done)
    }

    async fn one(
        self,
        link: &mut Link<'_>,
        schema: &mut Schema,
        step: &Move<'_>,
    ) -> Result<(), MigrateError> {
        let revision = step.migration.to_string();
        for op in step.ops() {
            let step = Step {
                revision: &revision,
                op,
                after: text::UNDONE,
                ran: 0,
            };
            step.run(link, schema).await?;
        }
        match step.way {
            Way::Down => ledger::erase(link, step.migration.version).await?,
            Way::Up | Way::Adopt => ledger::record(link, step.migration, self.now).await?,
        }
        Ok(())
    }
}

/// Begins a transaction that may change the schema.
pub(super) async fn begin(link: &mut Link<'_>) -> Result<(), MigrateError> {
    if let Err(error) = dialect::begin_schema_change(link).await {
        dialect::roll_back_schema_change(link).await;
        return Err(error.into());
    }
    Ok(())
}

/// Ends it: all of it is true, or nothing.
pub(super) async fn end<T>(
    link: &mut Link<'_>,
    outcome: Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let error = match outcome {
        Ok(done) => match dialect::commit_schema_change(link).await {
            Ok(Ok(())) => return Ok(done),
            Ok(Err(broken)) => MigrateError::Refused(text::broken_references(&broken)),
            Err(error) => error.into(),
        },
        Err(error) => error,
    };
    dialect::roll_back_schema_change(link).await;
    Err(error)
}

/// What the database looks like, in the words of what it should look like. All tables are in it, so that no name is taken
/// twice; but for what no schema of ours can hold, which stays as it is (see [`dialect::Extras`]).
pub(crate) async fn live(
    link: &mut Link<'_>,
    known: &Schema,
    migrations: &Migrations,
) -> Result<Schema, MigrateError> {
    let mut live = introspect::read_schema(link).await?;
    for table in live.tables.values_mut() {
        let columns: BTreeSet<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let is_plain = |name: &String| columns.contains(name.as_str());
        table
            .indexes
            .retain(|index| index.columns.iter().all(|column| is_plain(&column.name)));
        for index in &mut table.indexes {
            // A UNIQUE of SQLite without a name of its own, which a rebuild could not make again.
            if index.name.starts_with("sqlite_autoindex_") {
                let names: Vec<&str> = index
                    .columns
                    .iter()
                    .map(|column| column.name.as_str())
                    .collect();
                index.name = format!("uq_{}_{}", table.name, names.join("_"));
            }
        }
    }
    Ok(recognise(
        &live,
        known,
        &migrations.tables(),
        link.dialect(),
    ))
}

/// The statements that go from one version to another, as they would run on this database now.
pub(crate) async fn rehearse(
    link: &mut Link<'_>,
    migrations: &Migrations,
    moves: &[Move<'_>],
) -> Result<Vec<(String, Vec<String>)>, MigrateError> {
    let Some(first) = moves.first() else {
        return Ok(Vec::new());
    };
    let schema = live(link, first.before(migrations)?, migrations).await?;
    rehearse_from(link.dialect(), schema, moves)
}

/// The same on a schema that is known.
pub(crate) fn rehearse_from(
    dialect: Dialect,
    mut schema: Schema,
    moves: &[Move<'_>],
) -> Result<Vec<(String, Vec<String>)>, MigrateError> {
    moves
        .iter()
        .map(|step| {
            Ok((
                step.migration.to_string(),
                statements(dialect, step, &mut schema)?,
            ))
        })
        .collect()
}

fn statements(
    dialect: Dialect,
    step: &Move<'_>,
    schema: &mut Schema,
) -> Result<Vec<String>, MigrateError> {
    let revision = step.migration.to_string();
    let mut all = Vec::new();
    for op in step.ops() {
        let statements = dialect.render(op, schema);
        op.apply(schema)
            .map_err(|error| MigrateError::Refused(text::drift(&revision, &error.to_string())))?;
        all.extend(statements);
    }
    Ok(all)
}
