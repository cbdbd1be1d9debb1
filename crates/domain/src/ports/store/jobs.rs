//! The queue.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreResult;
use crate::job::{Job, Lease, WorkerId};
use crate::status::Event;
use crate::{DeploymentId, JobId};

/// Jobs and their leases. All times are the database's own.
#[async_trait]
pub trait Jobs: Send + Sync + 'static {
    /// Leases the oldest job that is due, whose deployment has no other job under a live lease, and whose guests live at
    /// the place of this server or at no server's. A lease that ran out is leased again under the next epoch.
    async fn lease(&self, worker: &WorkerId, ttl: Duration) -> StoreResult<Option<(Job, Lease)>>;

    /// Holds a lease longer. [`super::StoreError::LeaseLost`] when another worker has it.
    async fn renew(&self, lease: &Lease, ttl: Duration) -> StoreResult<()>;

    /// The job is over and leaves the queue.
    async fn finish(&self, lease: &Lease) -> StoreResult<()>;

    /// Gives the job back, due again after `after`.
    async fn give_back(&self, lease: &Lease, after: Duration) -> StoreResult<()>;

    /// Ends the leases that other workers have on jobs of this server's place, and gives how many: at start, by the one
    /// process that may use the data folder. Workers of other places are left alone; their leases run out by themselves.
    async fn take_over(&self, worker: &WorkerId) -> StoreResult<u64>;

    /// True while the job waits or is leased.
    async fn is_queued(&self, job: &JobId) -> StoreResult<bool>;

    /// How many jobs wait or are leased.
    async fn queued(&self) -> StoreResult<u64>;

    /// The deployment takes an event that is not about a release: `Stop`, `Started`, `CrashLoop`. `story` becomes
    /// `error_message`, none clears it.
    async fn deployment_took(
        &self,
        lease: &Lease,
        event: Event,
        story: Option<&str>,
    ) -> StoreResult<()>;

    /// As [`Jobs::deployment_took`], by a reconciler that holds no lease: done only while no job of the deployment waits
    /// or is leased; false when there is one.
    async fn deployment_observed(
        &self,
        deployment: &DeploymentId,
        event: Event,
        story: Option<&str>,
    ) -> StoreResult<bool>;

    /// The deployment is destroyed: the row is marked deleted, the name is free, releases hold no artifact any more, and
    /// environments and secrets are erased.
    async fn destroyed(&self, lease: &Lease) -> StoreResult<()>;
}
