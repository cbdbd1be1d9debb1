//! What both ways to restore share: tables without indexes, the rows, and what comes behind them.

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::RestoreError;
use super::source::Message;
use crate::admin::backup::{OnProgress, Phase, Progress};
use crate::dialect::{Dialect, bulk};
use crate::migrate::MigrateError;
use crate::portable::{Block, Header};
use crate::schema::{Migrations, Op, Schema, Table};
use crate::sql::Link;

/// What is to be done.
pub(super) struct Plan<'p> {
    pub(super) migrations: &'p Migrations,
    pub(super) now: DateTime<Utc>,
    /// The version of the backup's schema.
    pub(super) version: u32,
    pub(super) header: Header,
    pub(super) progress: OnProgress<'p>,
}

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) migrated: Vec<String>,
    pub(super) dangling: Vec<String>,
}

impl Plan<'_> {
    /// The backup's schema.
    pub(super) fn schema(&self) -> Result<&Schema, RestoreError> {
        let schema = self.migrations.schema_at(self.version);
        Ok(schema.map_err(MigrateError::Refused)?)
    }

    /// Loads every row that comes, into tables of these names.
    pub(super) async fn rows(
        &self,
        link: &mut Link<'_>,
        mut inbox: mpsc::Receiver<Message>,
        named: impl Fn(&str) -> String,
    ) -> Result<(), RestoreError> {
        let (mut done, total) = (0, self.header.rows());
        self.tell(Phase::Loading, done, total);
        loop {
            match inbox.recv().await {
                Some(Message::Rows(block)) => done += self.block(link, block, &named).await?,
                Some(Message::End) => return Ok(()),
                None => return Err(RestoreError::Stopped),
            }
            self.tell(Phase::Loading, done, total);
        }
    }

    async fn block(
        &self,
        link: &mut Link<'_>,
        block: Block,
        named: impl Fn(&str) -> String,
    ) -> Result<u64, RestoreError> {
        let rows = block.rows().len() as u64;
        let table = &self.header.tables[block.table];
        let into = named(&table.name);
        let loaded = bulk::load(link.again(), &into, &table.columns, block.values);
        loaded.await.map_err(|source| RestoreError::Rows {
            table: table.name.clone(),
            first: block.first + 1,
            last: block.first + rows,
            source,
        })?;
        Ok(rows)
    }

    /// Lets the counting columns go on where they were.
    pub(super) async fn numbers(
        &self,
        link: &mut Link<'_>,
        named: impl Fn(&str) -> String,
    ) -> Result<(), RestoreError> {
        let schema = self.schema()?;
        for saved in &self.header.tables {
            let table = schema.table(&saved.name);
            let column = table.and_then(|table| table.columns.iter().find(|column| column.auto));
            if let Some(column) = column {
                bulk::set_last_number(link, &named(&saved.name), &column.name, saved.sequence)
                    .await?;
            }
        }
        Ok(())
    }

    pub(super) fn tell(&self, phase: Phase, done: u64, total: u64) {
        (self.progress)(Progress { phase, done, total });
    }
}

/// A table without its indexes; of foreign keys it has those that cannot be made later.
pub(super) fn bare(dialect: Dialect, table: &Table) -> Table {
    let mut bare = table.clone();
    bare.indexes.clear();
    if dialect != Dialect::Sqlite {
        bare.foreign_keys.clear();
    }
    bare
}

/// Runs an operation in a schema that it fits.
pub(super) async fn run<E: From<sqlx::Error> + From<MigrateError>>(
    link: &mut Link<'_>,
    op: &Op,
    before: &Schema,
) -> Result<(), E> {
    let statements = link.dialect().render(op, before);
    if statements.is_empty() {
        return Err(MigrateError::Refused(op.sentence()).into());
    }
    for statement in statements {
        link.again().run_script(&statement).await?;
    }
    Ok(())
}

/// The operations that make the indexes of a schema, then its foreign keys, each with the schema before it.
pub(super) fn behind(dialect: Dialect, schema: &Schema) -> Vec<Op> {
    let mut ops = Vec::new();
    for table in schema.tables.values() {
        ops.extend(table.indexes.iter().map(|index| Op::CreateIndex {
            table: table.name.clone(),
            index: index.clone(),
        }));
    }
    if dialect != Dialect::Sqlite {
        for table in schema.tables.values() {
            ops.extend(table.foreign_keys.iter().map(|key| Op::AddForeignKey {
                table: table.name.clone(),
                foreign_key: key.clone(),
            }));
        }
    }
    ops
}
