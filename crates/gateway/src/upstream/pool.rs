//! The idle connections of one guest. They live for a second at most: that saves nearly every connect under load, and
//! leaves nothing open to a guest that is about to go.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::connection::Connection;

/// Older ones are not used any more.
const USABLE: Duration = Duration::from_millis(900);
/// The sweeper comes every [`SWEEP`], so none is open longer than the sum of both, which is a second.
const EXPIRED: Duration = Duration::from_millis(750);
/// How often the sweeper comes while there are idle connections.
pub const SWEEP: Duration = Duration::from_millis(250);
/// Most that are kept.
const MOST: usize = 128;

/// The idle connections of one guest, the oldest in front.
pub struct Pool {
    idle: Mutex<VecDeque<(Instant, Box<Connection>)>>,
    wake: Arc<Notify>,
}

impl Pool {
    /// An empty pool that tells `wake` when it no longer is.
    pub fn new(wake: Arc<Notify>) -> Self {
        Self {
            idle: Mutex::default(),
            wake,
        }
    }

    /// The connection that was used last: the others get the chance to grow old.
    pub fn take(&self) -> Option<Box<Connection>> {
        let (since, connection) = self.lock().pop_back()?;
        (since.elapsed() < USABLE).then_some(connection)
    }

    /// Keeps a connection, if `still` says so under the lock.
    pub fn put(&self, connection: Box<Connection>, still: impl FnOnce() -> bool) {
        let mut idle = self.lock();
        if idle.len() >= MOST || !still() {
            drop(idle);
            return;
        }
        let first = idle.is_empty();
        idle.push_back((Instant::now(), connection));
        drop(idle);
        if first {
            self.wake.notify_one();
        }
    }

    /// Closes all.
    pub fn clear(&self) {
        let all = std::mem::take(&mut *self.lock());
        drop(all);
    }

    /// Closes the expired ones. True when some are left.
    pub fn sweep(&self) -> bool {
        let mut idle = self.lock();
        let expired = idle
            .iter()
            .take_while(|(since, _)| since.elapsed() >= EXPIRED)
            .count();
        let old: Vec<_> = idle.drain(..expired).collect();
        let left = !idle.is_empty();
        drop(idle);
        drop(old);
        left
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Instant, Box<Connection>)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
