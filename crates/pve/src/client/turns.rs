//! Turns on a storage: clones and imports beside each other make its lock time out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Client;
use crate::error::{Error, Kind, Result};
use crate::names::StorageId;

/// One's turn on a storage, until it is dropped.
#[derive(Debug)]
#[must_use = "the turn ends when this is dropped"]
pub struct StorageTurn {
    _permit: OwnedSemaphorePermit,
}

pub(super) struct Turns {
    each: usize,
    queues: Mutex<HashMap<StorageId, Arc<Semaphore>>>,
}

impl Turns {
    pub(super) fn new(each: usize) -> Turns {
        Turns {
            each,
            queues: Mutex::new(HashMap::new()),
        }
    }

    /// The queue of a storage. Queues nobody stands in are forgotten.
    fn queue(&self, storage: &StorageId) -> Arc<Semaphore> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|name, queue| name == storage || Arc::strong_count(queue) > 1);
        Arc::clone(
            queues
                .entry(storage.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(self.each))),
        )
    }
}

impl Client {
    /// Waits for one's turn to clone, import or create on a storage; hold it until the task has ended.
    ///
    /// # Errors
    /// None in practice: the queue is never closed.
    pub async fn storage_turn(&self, storage: &StorageId) -> Result<StorageTurn> {
        let queue = self.0.turns.queue(storage);
        match queue.acquire_owned().await {
            Ok(permit) => Ok(StorageTurn { _permit: permit }),
            Err(closed) => Err(Error::new(Kind::Other, closed.to_string())),
        }
    }
}
