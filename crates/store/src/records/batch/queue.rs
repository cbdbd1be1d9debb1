//! Who waits, and who works for them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::{Inner, save};
use crate::dialect::Adding;
use crate::error::Ran;
use crate::records::Row;

/// The most rows of one statement: others write too, and wait for it.
pub(super) const MOST: usize = 32;

/// A row, and who waits for it.
pub(super) struct Waiting {
    pub(super) row: Row,
    pub(super) adding: Adding,
    pub(super) answer: oneshot::Sender<Ran<Option<DateTime<Utc>>>>,
}

/// Rows in the order in which they came.
pub(super) struct Queue {
    state: Mutex<State>,
    most_at_work: usize,
}

#[derive(Default)]
struct State {
    rows: VecDeque<Waiting>,
    /// Tasks that take rows out.
    at_work: usize,
}

impl Queue {
    pub(super) fn new(most_at_work: usize) -> Self {
        Self {
            state: Mutex::default(),
            most_at_work,
        }
    }

    /// True when one more task is to work.
    pub(super) fn push(&self, waiting: Waiting) -> bool {
        let mut state = self.lock();
        state.rows.push_back(waiting);
        let more = state.at_work < self.most_at_work;
        state.at_work += usize::from(more);
        more
    }

    /// The first rows that go into one statement. Who went away is left out.
    pub(super) fn take(&self) -> Vec<Waiting> {
        let mut state = self.lock();
        let first = state.rows.front().map(|waiting| waiting.adding);
        let alike = state.rows.iter().take(MOST);
        let alike = alike.take_while(|waiting| Some(waiting.adding) == first);
        let many = alike.count();
        let rows = state.rows.drain(..many);
        rows.filter(|waiting| !waiting.answer.is_closed()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes rows out of the queue. However that ends, nobody waits for it for ever.
pub(super) struct AtWork {
    inner: Arc<Inner>,
    over: bool,
}

impl AtWork {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self { inner, over: false }
    }

    pub(super) async fn save_all(mut self) {
        while self.is_wanted() {
            let connection = self.inner.pools.autocommit().await;
            // Who was answered just now may have the next row already.
            tokio::task::yield_now().await;
            let rows = self.inner.queue.take();
            if rows.is_empty() {
                continue;
            }
            if let Some(reserve) = &self.inner.reserve {
                reserve.look_after();
            }
            match connection {
                Ok(mut connection) => save::all(&mut connection, rows).await,
                Err(error) => save::fail(rows, error),
            }
        }
    }

    /// False when nobody waits; the next one begins anew then.
    fn is_wanted(&mut self) -> bool {
        let mut state = self.inner.queue.lock();
        self.over = state.rows.is_empty();
        state.at_work -= usize::from(self.over);
        !self.over
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut state = self.inner.queue.lock();
        state.at_work -= 1;
        if state.at_work == 0 {
            state.rows.clear();
        }
    }
}
