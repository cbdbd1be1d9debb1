//! Releases: what the pipeline writes, what people ask. Every write carries the lease and is refused when it is lost.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreResult;
use crate::job::Lease;
use crate::release::Version;
use crate::{
    ArtifactId, BaseId, Commit, DeploymentId, Failure, GuestId, Plan, Release, ReleaseId, Step,
};

/// How far one step of a release is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// Which step.
    pub step: Step,
    /// True once it is done; false while it runs or after it was cut.
    pub done: bool,
    /// True when it was not needed.
    pub skipped: bool,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// What the step gave.
    pub progress: Option<Progress>,
}

/// What a step gives to those after it; typed, saved with the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "progress", rename_all = "snake_case")]
pub enum Progress {
    /// Fetch: the commit.
    Fetched {
        /// The commit.
        commit: Commit,
    },
    /// Build: the artifact.
    Built {
        /// The artifact.
        artifact: ArtifactId,
        /// Its size.
        bytes: u64,
    },
    /// Provision: the guest.
    Provisioned {
        /// The guest.
        guest: GuestId,
    },
    /// Nothing to hand on.
    Nothing,
}

/// Releases.
#[async_trait]
pub trait Releases: Send + Sync + 'static {
    /// One release.
    async fn release(&self, release: &ReleaseId) -> StoreResult<Release>;

    /// The releases of a deployment, newest first, at most `limit`.
    async fn releases(&self, deployment: &DeploymentId, limit: u32) -> StoreResult<Vec<Release>>;

    /// One release by its number.
    async fn release_by_version(
        &self,
        deployment: &DeploymentId,
        version: Version,
    ) -> StoreResult<Option<Release>>;

    /// The steps of a release, in order.
    async fn steps(&self, release: &ReleaseId) -> StoreResult<Vec<StepRow>>;

    /// A worker begins (or goes on with) a release: the release is `building`, unless it is further already; the
    /// deployment takes `JobStarted`. [`super::StoreError::Cancelled`] when the user cancelled it.
    async fn release_began(&self, lease: &Lease, release: &ReleaseId) -> StoreResult<()>;

    /// A step begins. [`super::StoreError::Cancelled`] when the user cancelled the release: steps begin only under a
    /// release that is wanted.
    async fn step_began(&self, lease: &Lease, release: &ReleaseId, step: Step) -> StoreResult<()>;

    /// A step is done (or was not needed), with what it gives.
    async fn step_done(&self, lease: &Lease, release: &ReleaseId, row: &StepRow)
    -> StoreResult<()>;

    /// Source is fetched and planned: commit, plan and warnings are kept; `framework` of the row is set.
    async fn release_planned(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        commit: &Commit,
        plan: &Plan,
    ) -> StoreResult<()>;

    /// The artifact is there: the release is `starting`.
    async fn release_built(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        built: &BuiltArtifact,
    ) -> StoreResult<()>;

    /// The guest is there: the deployment takes `GuestReady`.
    async fn release_provisioned(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        tier: &str,
    ) -> StoreResult<()>;

    /// Adds warnings to a release, each once.
    async fn release_warned(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        warnings: &[String],
    ) -> StoreResult<()>;

    /// The release is live: it is `serving`, the one before `kept` and replaced now, the deployment takes
    /// `ReleaseLive`, `deployed_at` is set once, `error_message` cleared. With `dormant`, for a deployment that is
    /// stopped: the same without touching its status.
    async fn release_live(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        dormant: bool,
    ) -> StoreResult<()>;

    /// The release failed: the deployment takes `ReleaseEnded`; `error_message` tells the story.
    async fn release_failed(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        failure: &Failure,
    ) -> StoreResult<()>;

    /// The release ends cancelled: the deployment takes `ReleaseEnded`.
    async fn release_cancelled(&self, lease: &Lease, release: &ReleaseId) -> StoreResult<()>;

    /// True when the user asked to cancel it.
    async fn is_cancelled(&self, release: &ReleaseId) -> StoreResult<bool>;

    /// Releases beyond the newest `keep` that could serve again (serving and kept ones count, newest first) and ended
    /// ones, that still hold an artifact; at most `limit`. Only of deployments that this server looks after.
    async fn collectable(&self, keep: u32, limit: u32) -> StoreResult<Vec<Release>>;

    /// True when a release that is under way, serving or kept holds this artifact, `except` left out.
    async fn artifact_in_use(
        &self,
        deployment: &DeploymentId,
        artifact: &ArtifactId,
        except: &ReleaseId,
    ) -> StoreResult<bool>;

    /// The artifact of a release is gone.
    async fn artifact_collected(&self, release: &ReleaseId) -> StoreResult<()>;
}

/// What a build gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltArtifact {
    /// The artifact.
    pub artifact: ArtifactId,
    /// Its size in bytes.
    pub bytes: u64,
    /// The base it was built on.
    pub base: BaseId,
}
