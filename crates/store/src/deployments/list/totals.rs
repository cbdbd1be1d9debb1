//! Totals, kept for a second. A count walks over all that fits, so many requests share one: the first one counts, the
//! others wait for it, and while it is asked for it is counted again before it is too old.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::ports::Counts;

use crate::error::Ran;

/// What is older is not shown.
const OLD: Duration = Duration::from_secs(1);
/// What is older is counted again, beside the answer.
const AGEING: Duration = Duration::from_millis(500);
/// Below this, a write of this process makes a total too old at once: whoever deployed an app sees it counted.
const SMALL: u64 = 1_000;
/// Totals that are kept.
const MOST: usize = 256;

/// The totals of this process.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    /// Counts the writes of this process.
    writes: AtomicU64,
}

#[derive(Debug, Default)]
struct Slot {
    last: Mutex<Option<Taken>>,
    /// Held by whoever counts for all.
    turn: tokio::sync::Mutex<()>,
    /// True while it is counted again beside an answer.
    again: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    counts: Counts,
    /// When counting began.
    at: Instant,
    /// The writes that were known then.
    writes: u64,
}

impl Totals {
    /// Remembers that this process wrote something.
    pub(crate) fn wrote(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
    }

    /// What was counted under this key, or is counted now. `count` runs in the background where the last one is ageing.
    pub(super) async fn get<F, R>(&self, key: &str, count: F) -> Ran<Counts>
    where
        F: FnOnce() -> R,
        R: Future<Output = Ran<Counts>> + Send + 'static,
    {
        let slot = self.slot(key);
        if let Some(taken) = slot.fresh(self.writes()) {
            if taken.at.elapsed() > AGEING && !slot.again.swap(true, Ordering::AcqRel) {
                let again = Again(Arc::clone(&slot));
                let (writes, counting) = (self.writes(), count());
                tokio::spawn(async move { again.0.count(writes, counting).await.map(drop) });
            }
            return Ok(taken.counts);
        }
        let _turn = slot.turn.lock().await;
        match slot.fresh(self.writes()) {
            Some(taken) => Ok(taken.counts),
            None => slot.count(self.writes(), count()).await,
        }
    }

    fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    fn slot(&self, key: &str) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        if slots.len() >= MOST {
            slots.retain(|_, slot| lock(&slot.last).is_some_and(|taken| taken.at.elapsed() < OLD));
        }
        let slot = Arc::new(Slot::default());
        // A total that finds no room is counted for its request alone.
        if slots.len() < MOST {
            slots.insert(key.to_owned(), Arc::clone(&slot));
        }
        slot
    }
}

impl Slot {
    fn fresh(&self, writes: u64) -> Option<Taken> {
        let taken = *lock(&self.last);
        taken.filter(|taken| {
            let is_exact = taken.counts.total >= SMALL || taken.writes == writes;
            is_exact && taken.at.elapsed() <= OLD
        })
    }

    async fn count(&self, writes: u64, counting: impl Future<Output = Ran<Counts>>) -> Ran<Counts> {
        let at = Instant::now();
        let counts = counting.await?;
        *lock(&self.last) = Some(Taken { counts, at, writes });
        Ok(counts)
    }
}

/// Counting beside an answer, until it is over, however it ends.
struct Again(Arc<Slot>);

impl Drop for Again {
    fn drop(&mut self) {
        self.0.again.store(false, Ordering::Release);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
