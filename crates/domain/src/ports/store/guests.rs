//! Guests as the database knows them: written down before the driver is called, erased after it says they are gone.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::StoreResult;
use crate::guest::{MachineSeen, Role};
use crate::job::Lease;
use crate::{BaseId, DeploymentId, DriverKind, GuestId, ReleaseId};

/// What a guest should be. The reconcilers and the driver make it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// It is being made: only the job that makes it touches it.
    Making,
    /// It serves, or served last: it runs while its deployment does.
    Serving,
    /// It served before and stays warm, frozen, until its time is over.
    Warm,
    /// It is to be removed.
    Gone,
}

impl Wanted {
    /// The word as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Making => "making",
            Self::Serving => "serving",
            Self::Warm => "warm",
            Self::Gone => "gone",
        }
    }
}

/// One guest.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestRow {
    /// Its id.
    pub id: GuestId,
    /// Its deployment.
    pub deployment: DeploymentId,
    /// The release it was made for, or serves by now (a rollback takes over a warm one).
    pub release: ReleaseId,
    /// Where it lives.
    pub driver: DriverKind,
    /// What it is for.
    pub role: Role,
    /// What it should be.
    pub wanted: Wanted,
    /// The base it was made from.
    pub base: BaseId,
    /// When its row was written, UTC.
    pub created_at: DateTime<Utc>,
    /// When `wanted` last changed, UTC.
    pub wanted_since: DateTime<Utc>,
}

/// Guests.
#[async_trait]
pub trait Guests: Send + Sync + 'static {
    /// Writes a guest down, `making`, before it is made.
    async fn guest_planned(&self, lease: &Lease, guest: &GuestRow) -> StoreResult<()>;

    /// Says what a guest should be, under a lease of its deployment.
    async fn guest_wanted(&self, lease: &Lease, guest: &GuestId, wanted: Wanted)
    -> StoreResult<()>;

    /// A guest that is kept warm serves another release of the same deployment from now on.
    async fn guest_taken(
        &self,
        lease: &Lease,
        guest: &GuestId,
        release: &ReleaseId,
    ) -> StoreResult<()>;

    /// A guest that does not serve is to be removed now: by a reconciler. Done only while no job of its deployment waits or is leased;
    /// false when there is one.
    async fn guest_retired(&self, guest: &GuestId) -> StoreResult<bool>;

    /// One guest.
    async fn guest(&self, guest: &GuestId) -> StoreResult<Option<GuestRow>>;

    /// The guests of a deployment, oldest first.
    async fn guests_of(&self, deployment: &DeploymentId) -> StoreResult<Vec<GuestRow>>;

    /// Every guest at a driver that this server looks after, in the order of their ids, at most `limit` after `after`:
    /// local ones only of its own place.
    async fn guests_at(
        &self,
        driver: DriverKind,
        after: Option<&GuestId>,
        limit: u32,
    ) -> StoreResult<Vec<GuestRow>>;

    /// Writes where the guest of a deployment lives into its row (`vm_id`, `ip_address`), under a lease of the deployment:
    /// before the guest goes live, so that whoever reads `running` finds it. None empties both.
    async fn deployment_lives_at(
        &self,
        lease: &Lease,
        machine: Option<&MachineSeen>,
    ) -> StoreResult<()>;

    /// The guest was seen on this machine: where it is the one that serves and the row of its deployment says something
    /// else, the row is corrected. True when it was.
    async fn guest_seen_at(&self, guest: &GuestId, machine: &MachineSeen) -> StoreResult<bool>;

    /// The driver says that a guest is gone: its row is erased. Already erased is success.
    async fn guest_gone(&self, guest: &GuestId) -> StoreResult<()>;
}
