//! Events as stored.

use async_trait::async_trait;

use super::StoreResult;
use crate::DeploymentId;
use crate::event::EventRow;

/// The order of what happened. Rows are written by the transactions that they tell of.
#[async_trait]
pub trait Events: Send + Sync + 'static {
    /// Events after `seq`, oldest first, at most `limit`; of one deployment when one is given.
    async fn events_after(
        &self,
        deployment: Option<&DeploymentId>,
        seq: i64,
        limit: u32,
    ) -> StoreResult<Vec<EventRow>>;

    /// The newest `seq`, 0 when there is none.
    async fn last_event(&self) -> StoreResult<i64>;

    /// Adds a warning to the order.
    async fn warn(&self, deployment: &DeploymentId, message: &str) -> StoreResult<()>;

    /// Removes the oldest events so that at most `keep` stay.
    async fn prune_events(&self, keep: u32) -> StoreResult<u64>;
}
