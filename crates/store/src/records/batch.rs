//! Saving rows that come at the same time by one statement: one way to the database and one wait for its disk serve them
//! all. A row is never held back for others to come: those that came while the database was busy are what there is. Each
//! caller is answered once its row is on disk, and a row that cannot be saved fails alone.

mod queue;
mod save;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ports::StoreError;
use tokio::sync::{Semaphore, oneshot};

use super::Row;
use crate::dialect::{self, Adding};
use crate::error::{Fault, Ran};
use crate::pools::Pools;
use crate::reserve::Reserve;
use crate::text::records as text;
use queue::{AtWork, Waiting};

/// The most rows that wait; who comes then waits for room.
const MOST_WAITING: usize = 1024;

/// The rows that wait for the database.
pub(crate) struct Batches {
    inner: Arc<Inner>,
    room: Semaphore,
}

struct Inner {
    pools: Arc<Pools>,
    /// Only of an SQLite file.
    reserve: Option<Arc<Reserve>>,
    queue: queue::Queue,
}

impl Batches {
    /// Batches for this database.
    pub(crate) fn new(pools: Arc<Pools>, reserve: Option<Arc<Reserve>>) -> Self {
        let queue = queue::Queue::new(dialect::writers(pools.dialect()));
        Self {
            inner: Arc::new(Inner {
                pools,
                reserve,
                queue,
            }),
            room: Semaphore::new(MOST_WAITING),
        }
    }

    /// Saves a row together with those that wait, too; gives the time that the server gave it. A caller that goes away
    /// meanwhile may have its row saved or not, as with any statement.
    pub(crate) async fn save(&self, row: Row, adding: Adding) -> Ran<Option<DateTime<Utc>>> {
        let _room = self.room.acquire().await.map_err(|_| shut())?;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            row,
            adding,
            answer,
        };
        if self.inner.queue.push(waiting) {
            let at_work = AtWork::new(Arc::clone(&self.inner));
            // A task of its own, so that a caller that goes away takes nobody's row along. It ends with the queue.
            tokio::spawn(at_work.save_all());
        }
        answered.await.unwrap_or_else(|_| Err(shut()))
    }
}

fn shut() -> Fault {
    StoreError::Unavailable(text::SHUT.into()).into()
}
