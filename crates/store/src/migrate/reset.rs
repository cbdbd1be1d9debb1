//! Everything of Havre's goes, and its schema is made anew, empty. Tables of other programs stay.
//!
//! Where the database can, all of it is one transaction. On MySQL it is written down first as the first migration, begun
//! and not one step done, with a note that what was there before is still to go: from then on `serve` refuses the database,
//! and the next `upgrade` or `reset` ends it.

use std::collections::BTreeSet;

use super::ledger::{self, Cut, Ledger, Way};
use super::run::{Run, begin, end};
use super::{MigrateError, stepwise};
use crate::dialect::{self, bulk, introspect};
use crate::schema::Schema;
use crate::sql::{Link, Query, query};
use crate::text::admin as text;

/// The note of a migration that makes the schema anew.
pub(crate) const NOTE: &str = "reset";

/// Why it must not be, looked at once nobody else writes.
pub(crate) trait Objection {
    /// The words; none when nothing speaks against it.
    async fn look(
        &self,
        link: &mut Link<'_>,
        ledger: &Ledger,
    ) -> Result<Option<String>, sqlx::Error>;
}

impl Run<'_> {
    /// Drops Havre's tables and makes them again. Waits for migrators and writers, for a bounded time.
    pub(crate) async fn reset(
        self,
        link: &mut Link<'_>,
        objection: &impl Objection,
    ) -> Result<(), MigrateError> {
        if !dialect::lock_out(link).await? {
            return Err(MigrateError::Locked);
        }
        let done = self.alone_reset(link, objection).await;
        let unlocked = dialect::let_in(link).await;
        done?;
        Ok(unlocked?)
    }

    async fn alone_reset(
        self,
        link: &mut Link<'_>,
        objection: &impl Objection,
    ) -> Result<(), MigrateError> {
        if dialect::rolls_back_schema(link.dialect()) {
            self.reset_at_once(link, objection).await?;
        } else {
            self.reset_stepwise(link, objection).await?;
        }
        query(dialect::make_write_lock(link.dialect()))
            .execute(link.again())
            .await?;
        Ok(())
    }

    async fn reset_at_once(
        self,
        link: &mut Link<'_>,
        objection: &impl Objection,
    ) -> Result<(), MigrateError> {
        begin(link).await?;
        let done = async {
            ledger::make_tables(link).await?;
            self.may_go(link, objection).await?;
            drop_own(link, &self.migrations.tables()).await?;
            query("DELETE FROM havre_schema")
                .execute(link.again())
                .await?;
            self.inside(link, self.migrations.newest()).await
        }
        .await;
        end(link, done).await.map(drop)
    }

    async fn reset_stepwise(
        self,
        link: &mut Link<'_>,
        objection: &impl Objection,
    ) -> Result<(), MigrateError> {
        // This would end the transaction.
        ledger::make_tables(link).await?;
        link.again().run_script("START TRANSACTION").await?;
        let written = async {
            self.may_go(link, objection).await?;
            self.write_down(link).await
        }
        .await;
        if let Err(error) = written {
            link.again().run_script("ROLLBACK").await?;
            return Err(error);
        }
        link.again().run_script("COMMIT").await?;
        // It finds what was written down, and goes on from there.
        stepwise::go(self, link, self.migrations.newest())
            .await
            .map(drop)
    }

    /// From here on the old rows are lost.
    async fn write_down(self, link: &mut Link<'_>) -> Result<(), MigrateError> {
        let Some(first) = self.migrations.get(1) else {
            return Err(MigrateError::Refused(text::NO_MIGRATIONS.into()));
        };
        query("DELETE FROM havre_schema")
            .execute(link.again())
            .await?;
        let cut = Cut {
            way: Way::Up,
            version: first.version,
            name: first.name.clone(),
            checksum: first.checksum().to_owned(),
            done: 0,
            total: first.up.len() as u32,
            note: NOTE.to_owned(),
        };
        Ok(ledger::save_cut(link, &cut, self.now).await?)
    }

    /// Nobody writes from here on, and nothing speaks against it.
    async fn may_go(
        self,
        link: &mut Link<'_>,
        objection: &impl Objection,
    ) -> Result<(), MigrateError> {
        let ledger = Ledger::read(link).await?;
        ledger.check(self.migrations)?;
        if let Some(lock) = dialect::write_lock(link.dialect())
            && ledger.tables.contains("havre_meta")
        {
            let lock_it = lock
                .number
                .into_iter()
                .fold(query(lock.statement), Query::bind);
            // A database that was never opened has no such row, and no writers.
            lock_it.fetch_optional(link.again()).await?;
        }
        let ours = self.migrations.tables();
        let live = introspect::read_schema(link).await?;
        if let Some((from, to)) = pointing_at(&live, &ours) {
            return Err(MigrateError::Refused(text::points_at_ours(&from, &to)));
        }
        match objection.look(link, &ledger).await? {
            Some(words) => Err(MigrateError::Refused(words)),
            None => Ok(()),
        }
    }
}

/// Drops those of our tables that are there, each before those that it points at. The runner's own stay.
pub(super) async fn drop_own(
    link: &mut Link<'_>,
    ours: &BTreeSet<String>,
) -> Result<(), MigrateError> {
    let live = introspect::read_schema(link).await?;
    let tables = children_first(&live, ours);
    for table in tables {
        bulk::drop_tables(link, &[table]).await?;
    }
    Ok(())
}

/// Our tables that are there, in an order in which they can be dropped one by one. What points at each other in a circle
/// stands last, together.
fn children_first(live: &Schema, ours: &BTreeSet<String>) -> Vec<String> {
    let droppable =
        |name: &&String| ours.contains(*name) && !ledger::TABLES.contains(&name.as_str());
    let mut left: Vec<&String> = live.tables.keys().filter(droppable).collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let is_free = |name: &&String| {
            left.iter().all(|other| {
                let table = live.table(other);
                let mut keys = table.into_iter().flat_map(|table| &table.foreign_keys);
                other == name || keys.all(|key| key.table != **name)
            })
        };
        let at = left.iter().position(is_free).unwrap_or_default();
        ordered.push(left.remove(at).clone());
    }
    ordered
}

/// A table of another program that points at one of ours.
fn pointing_at(live: &Schema, ours: &BTreeSet<String>) -> Option<(String, String)> {
    let others = live
        .tables
        .values()
        .filter(|table| !ours.contains(&table.name));
    let mut keys = others.flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    // What happens to the row there may be written behind the name.
    let target = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
    keys.find(|(_, key)| ours.contains(&target(&key.table)))
        .map(|(table, key)| (table.name.clone(), target(&key.table)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model;

    #[test]
    fn no_table_goes_before_one_that_points_at_it() {
        let live = model();
        let ours: BTreeSet<String> = live.tables.keys().cloned().collect();
        let order = children_first(&live, &ours);
        assert_eq!(order.len(), live.tables.len());
        let at = |name: &str| order.iter().position(|other| other == name).unwrap();
        for table in live.tables.values() {
            for key in &table.foreign_keys {
                assert!(
                    at(&table.name) < at(&key.table),
                    "{} {}",
                    table.name,
                    key.table
                );
            }
        }
    }

    #[test]
    fn a_table_of_another_program_is_seen() {
        let mut live = model();
        let ours: BTreeSet<String> = live.tables.keys().cloned().collect();
        assert_eq!(pointing_at(&live, &ours), None);
        let mut other = live.table("names").unwrap().clone();
        other.name = "bookmarks".into();
        live.tables.insert(other.name.clone(), other);
        let found = pointing_at(&live, &ours);
        assert_eq!(found, Some(("bookmarks".into(), "managed".into())));
    }
}
