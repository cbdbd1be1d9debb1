//! Who leads what: of several servers one runs each reconciler.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreResult;
use crate::job::WorkerId;

/// The right to lead something, until it runs out by the database's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leadership {
    /// What is led: `retire of local at PLACE`, `events`.
    pub name: String,
    /// Counts the leaders that it had.
    pub epoch: i64,
}

/// Leaders. All times are the database's own.
#[async_trait]
pub trait Leaders: Send + Sync + 'static {
    /// Takes what nobody leads any more and keeps what this worker leads already, for `ttl` from now; gives those. What
    /// another one leads is left out. Where a database takes only one server, that one leads everything.
    async fn lead(
        &self,
        worker: &WorkerId,
        names: &[String],
        ttl: Duration,
    ) -> StoreResult<Vec<Leadership>>;

    /// Gives up everything that this worker leads, so that others need not wait.
    async fn resign(&self, worker: &WorkerId) -> StoreResult<()>;
}
