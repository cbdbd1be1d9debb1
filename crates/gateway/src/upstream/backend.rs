//! One guest as the gateway sees it: how many requests are in flight to it, its idle connections, and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::guest::Upstream;
use tokio::sync::Notify;

use super::connection::Connection;
use super::pool::Pool;
use crate::hook::{Hooks, Stage};

/// The bit of the state that says: takes no new requests. The others count those in flight, so that "is it retired" and
/// "count me in" are one atomic step and no request slips past a drain.
const RETIRED: u64 = 1 << 63;

/// One guest.
pub struct Backend {
    upstream: Upstream,
    state: AtomicU64,
    drained: Notify,
    pool: Pool,
    links: Arc<Hooks>,
}

/// One request in flight; ends when dropped.
pub struct InFlight(Arc<Backend>);

impl Backend {
    /// A backend without connections. `wake` is told when an idle connection has to be looked after.
    pub fn new(upstream: Upstream, wake: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self {
            upstream,
            state: AtomicU64::new(0),
            drained: Notify::new(),
            pool: Pool::new(wake),
            links: Arc::default(),
        })
    }

    /// Where it is.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Counts one request in; none once it is retired.
    pub fn enter(self: &Arc<Self>) -> Option<InFlight> {
        let before = self.state.fetch_add(1, Ordering::SeqCst);
        let in_flight = InFlight(Arc::clone(self));
        (before & RETIRED == 0).then_some(in_flight)
    }

    /// Requests in flight.
    pub fn in_flight(&self) -> u64 {
        self.state.load(Ordering::SeqCst) & !RETIRED
    }

    /// True when it takes no new requests.
    pub fn is_retired(&self) -> bool {
        self.state.load(Ordering::SeqCst) & RETIRED != 0
    }

    /// Takes no new requests from now on, and closes its idle connections.
    pub fn retire(&self) {
        self.state.fetch_or(RETIRED, Ordering::SeqCst);
        self.pool.clear();
    }

    /// Waits until nothing is in flight, at most `limit`; then cuts what is left and says how much that was.
    pub async fn drain(&self, limit: Duration) -> u64 {
        if tokio::time::timeout(limit, self.quiet()).await.is_ok() {
            return 0;
        }
        let left = self.in_flight();
        self.links.raise_all(Stage::Cut);
        left
    }

    async fn quiet(&self) {
        loop {
            let changed = self.drained.notified();
            if self.in_flight() == 0 {
                return;
            }
            changed.await;
        }
    }

    /// An idle connection that was good a moment ago.
    pub fn idle_connection(&self) -> Option<Box<Connection>> {
        self.pool.take()
    }

    /// Keeps a connection whose answer is complete for the next request, if it can take one.
    pub fn give_back(&self, mut connection: Box<Connection>) {
        if connection.is_reusable() {
            self.pool.put(connection, || !self.is_retired());
        }
    }

    /// The hooks of its connections.
    pub fn links(&self) -> &Arc<Hooks> {
        &self.links
    }

    /// Closes connections that have been idle too long. True when some are left.
    pub fn sweep(&self) -> bool {
        self.pool.sweep()
    }
}

impl InFlight {
    /// The guest it runs on.
    pub fn backend(&self) -> &Arc<Backend> {
        &self.0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let before = self.0.state.fetch_sub(1, Ordering::SeqCst);
        if before == RETIRED | 1 {
            self.0.drained.notify_waiters();
        }
    }
}
