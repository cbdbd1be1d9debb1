//! The seed document's calls, as an API for Rust programs: [`Database::records`] gives them.
//!
//! A *record* is a row of the `deployments` table without a release: what the seed document's SQLAlchemy model calls
//! `Deployment`. Havre shows records (`managed: false`) and never routes, heals or changes them; deploying one makes it
//! managed. **Reading works for every row. Changing, deleting and purging a managed one is refused with words**: the engine
//! owns it, and [`domain::ports::Deployments`] is the way to ask for that.
//!
//! | seed document | here |
//! |---|---|
//! | `db.session.add(Deployment(...))`, `commit()` | [`Records::create`] |
//! | `Deployment.get_all()` | [`Records::get_all`] |
//! | `Deployment.get_by_id(id)` | [`Records::get_by_id`] |
//! | `Deployment.get_by_name(name)` | [`Records::get_by_name`] |
//! | `Deployment.get_by_status(status)` | [`Records::get_by_status`] |
//! | `Deployment.count_all()` | [`Records::count_all`] |
//! | `Deployment.count_by_status(status)` | [`Records::count_by_status`] |
//! | `deployment.status = ...`, `commit()` | [`Records::update`] |
//! | `deployment.deleted_at = ...`, `status = 'deleted'` | [`Records::delete`] |
//! | `db.session.delete(deployment)`, `commit()` | [`Records::purge`] |
//!
//! As in the seed, everything is counted and listed, deleted rows included; a status is found in any case.
//!
//! # Example
//! This is `crates/store/examples/seed.rs`, which the tests run: `cargo run -p store --example seed`.
//!
//! ```rust,ignore
#![doc = include_str!("../examples/seed.rs")]
//! ```
//!
//! # Two at once
//! [`Records::update`] sets the fields that the change names and leaves the others as they are: of two changes of one field
//! at once the later one stays, and changes of different fields both stay. [`Records::update_if_same`] writes only while the
//! row is as it was read, and is refused with words otherwise. Each call is one transaction; once it is answered it is on
//! disk, and none is seen half.

mod batch;
mod change;
mod limits;
mod new;
mod pages;
mod row;
mod write;

pub use change::RecordChange;
pub use new::NewRecord;
pub use pages::Pages;
pub use row::Record;

use domain::ports::StoreResult;
use domain::{DeploymentId, Status};

use crate::database::Database;
use crate::dialect;
use crate::error::{During, Ran};
use crate::rows::Read;
use crate::sql::{Builder, Query, query};

pub(crate) use batch::Batches;
pub(crate) use limits::{length, story};
pub(crate) use new::ready as ready_row;
#[cfg(test)]
pub(crate) use pages::{Place, select as select_page};
pub(crate) use row::COLUMNS;
pub(crate) use write::{CREATED_AT, MOST_AT_ONCE, Row, insert};

/// The rows of the seed's table: a view of the database, made by [`Database::records`].
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    db: &'a Database,
}

impl Database {
    /// The seed document's calls.
    pub fn records(&self) -> Records<'_> {
        Records { db: self }
    }
}

impl<'a> Records<'a> {
    /// Creates and saves a row, with a new random id unless it has one. Answered once it is on disk.
    ///
    /// # Errors
    /// [`Refused`](domain::ports::StoreError::Refused) with words when a field does not fit its column or the id is there already.
    pub async fn create(&self, new: NewRecord) -> StoreResult<Record> {
        write::create(self.db, new).await.during("save a record")
    }

    /// All rows, newest first, deleted ones included, page by page: memory stays bounded however many there are. What is
    /// written meanwhile may or may not be among them; no row comes twice.
    pub fn get_all(&self) -> Pages<'a> {
        Pages::new(self.db, None)
    }

    /// The row of this id.
    pub async fn get_by_id(&self, id: &str) -> StoreResult<Option<Record>> {
        self.first(id, BY_ID).await.during("read a record")
    }

    /// A row of exactly this name: a live one before a deleted one, then the newest.
    pub async fn get_by_name(&self, name: &str) -> StoreResult<Option<Record>> {
        self.first(name, BY_NAME).await.during("read a record")
    }

    /// The rows of this status, written in any case, newest first, page by page.
    pub fn get_by_status(&self, status: Status) -> Pages<'a> {
        Pages::new(self.db, Some(status))
    }

    /// How many rows there are, deleted ones included.
    pub async fn count_all(&self) -> StoreResult<u64> {
        self.count(query(COUNT)).await.during("count records")
    }

    /// How many rows are of this status, written in any case.
    pub async fn count_by_status(&self, status: Status) -> StoreResult<u64> {
        let count = by_status(self.db.dialect(), COUNT_D, status).build();
        self.count(count).await.during("count records")
    }

    /// Sets the fields that the change names; gives the row as it is then. Of two at once the later one stays, field by
    /// field.
    ///
    /// # Errors
    /// [`NotFound`](domain::ports::StoreError::NotFound); [`Refused`](domain::ports::StoreError::Refused) with words when a
    /// field does not fit, the row is managed, or it is deleted.
    pub async fn update(&self, id: &str, change: &RecordChange) -> StoreResult<Record> {
        write::update(self.db, id, None, change)
            .await
            .during("change a record")
    }

    /// The same, but only while the row is as it was read.
    ///
    /// # Errors
    /// As [`Records::update`]; [`Refused`](domain::ports::StoreError::Refused) with words when the row is another by now.
    pub async fn update_if_same(
        &self,
        read: &Record,
        change: &RecordChange,
    ) -> StoreResult<Record> {
        write::update(self.db, &read.id, Some(read), change)
            .await
            .during("change a record")
    }

    /// Marks the row as deleted: its status is `deleted` and `deleted_at` is now; gives it as it is then. A row that is
    /// deleted already stays as it is.
    ///
    /// # Errors
    /// As [`Records::update`].
    pub async fn delete(&self, id: &str) -> StoreResult<Record> {
        write::delete(self.db, id).await.during("delete a record")
    }

    /// Removes the row from the table, live or deleted. It cannot be brought back.
    ///
    /// # Errors
    /// As [`Records::update`].
    pub async fn purge(&self, id: &str) -> StoreResult<()> {
        write::purge(self.db, id).await.during("purge a record")
    }

    async fn first(&self, key: &str, statement: &'static str) -> Ran<Option<Record>> {
        // No row holds such text, and PostgreSQL would refuse the question.
        if key.contains('\0') {
            return Ok(None);
        }
        let mut connection = self.db.read().await?;
        let row = query(statement)
            .bind(key)
            .fetch_optional(connection.link())
            .await?;
        Ok(row.as_ref().map(Record::read))
    }

    async fn count(&self, count: Query) -> Ran<u64> {
        let mut connection = self.db.read().await?;
        count.fetch_one(connection.link()).await?.number("n")
    }
}

/// One table and its primary key: the shortest way there is.
pub(crate) const BY_ID: &str = concat!(row::select!(), " WHERE d.id = ?");

pub(crate) const BY_NAME: &str = concat!(
    row::select!(),
    " WHERE d.name = ? ORDER BY \
     CASE WHEN d.deleted_at IS NULL AND LOWER(d.status) <> 'deleted' THEN 0 ELSE 1 END, \
     d.created_at DESC, d.id DESC LIMIT 1"
);

/// Every row, in no order.
pub(crate) const ALL: &str = row::select!();

pub(crate) const COUNT: &str = "SELECT COUNT(*) AS n FROM deployments";
pub(crate) const COUNT_D: &str = "SELECT COUNT(*) AS n FROM deployments d";

/// A statement about the rows of one status, in any case.
pub(crate) fn by_status(dialect: dialect::Dialect, head: &str, status: Status) -> Builder {
    let mut statement = Builder::new(head);
    statement
        .push(" WHERE ")
        .push_with(dialect::status_is(dialect), status.as_str());
    statement
}

/// A new id from the randomness of this process.
fn new_id(db: &Database) -> DeploymentId {
    db.dice().roll(|rng| DeploymentId::random(rng))
}
