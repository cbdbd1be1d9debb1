//! Sessions that are shared: at most one for the commands of a target, others for what may be slow, all bounded.

mod calls;
mod dial;
mod keeper;
mod lease;
mod place;
mod ready;
mod take;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use place::{Key, Place};

pub use lease::Lease;

/// How much a pool may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Sessions in total; one through a jump host counts once, though it has a connection to each.
    pub sessions: usize,
    /// Commands at a time over one session. `sshd` allows 10 by default (`MaxSessions`).
    pub channels: usize,
    /// Sessions of one target for commands and uploads. There is one, unless it stays full of commands that do not end.
    pub shared: usize,
    /// Sessions of one target for downloads and forwards, each used by one at a time.
    pub own: usize,
    /// A session that nobody uses for this long is closed.
    pub idle: Duration,
    /// Longest wait for a free place; then [`SshError::Busy`](crate::SshError::Busy).
    pub wait: Duration,
    /// Callers that wait for a session or a free place at a time; the next one is told `Busy` at once.
    pub waiting: usize,
    /// The pause after a failed connect: at first, doubled by each further one.
    pub pause: Duration,
    /// Its most.
    pub longest_pause: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            sessions: 64,
            channels: 8,
            shared: 3,
            own: 16,
            idle: Duration::from_secs(120),
            wait: Duration::from_secs(60),
            waiting: 1024,
            pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(2),
        }
    }
}

/// What a pool holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStats {
    /// Targets that are known: connected, or lately tried.
    pub targets: usize,
    /// Sessions that are up.
    pub sessions: usize,
    /// Of them those in use.
    pub busy: usize,
}

/// Sessions to many machines. Cheap to clone; the sessions end with the last clone.
///
/// A target is its host, port, user, keys and jump hosts. Its commands and uploads share one session, eight at a time,
/// while more wait (a few seconds; then there is one more session, up to three). Downloads and forwards have sessions of their own, since a slow reader holds back all of a session,
/// and so does each target behind a jump host. A session that is found dead is made again by the next call; what was
/// certainly not started is sent again once. Several callers of a machine that does not answer share one attempt, and
/// attempts are paused.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

struct Shared {
    limits: PoolLimits,
    /// Room for sessions.
    room: Arc<Semaphore>,
    /// Callers that wait for it.
    starving: AtomicUsize,
    /// Room for callers that have not got a session yet.
    queue: Semaphore,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    places: HashMap<Key, Arc<Place>>,
    /// Whether the task that closes idle sessions runs.
    kept: bool,
}

impl Pool {
    /// An empty pool. Nothing runs before the first call, nor after the last session.
    pub fn new(limits: PoolLimits) -> Self {
        Self(Arc::new(Shared {
            limits,
            room: Arc::new(Semaphore::new(limits.sessions.max(1))),
            starving: AtomicUsize::new(0),
            queue: Semaphore::new(limits.waiting.max(1)),
            table: Mutex::default(),
        }))
    }

    /// What it holds.
    pub fn stats(&self) -> PoolStats {
        let table = self.0.table();
        let mut stats = PoolStats {
            targets: table.places.len(),
            ..PoolStats::default()
        };
        for place in table.places.values() {
            let (sessions, busy) = place.count();
            stats.sessions += sessions;
            stats.busy += busy;
        }
        stats
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        locked(&self.table)
    }
}

/// What these locks guard stays whole whoever panics.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stats().fmt(f)
    }
}
