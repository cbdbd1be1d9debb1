//! Releases: what the pipeline writes under its lease, and what people ask.

pub(crate) mod collect;
mod ends;
mod progress;
mod queries;

pub(crate) use ends::{end_abandoned, end_cancelled};

use async_trait::async_trait;
use domain::job::Lease;
use domain::ports::{BuiltArtifact, Releases, StepRow, StoreResult};
use domain::release::Version;
use domain::{ArtifactId, Commit, DeploymentId, Failure, Plan, Release, ReleaseId, Step};

use crate::database::Database;
use crate::error::During;

#[async_trait]
impl Releases for Database {
    async fn release(&self, release: &ReleaseId) -> StoreResult<Release> {
        queries::one(self, release).await.during("read a release")
    }

    async fn releases(&self, deployment: &DeploymentId, limit: u32) -> StoreResult<Vec<Release>> {
        queries::of(self, deployment, limit)
            .await
            .during("read releases")
    }

    async fn release_by_version(
        &self,
        deployment: &DeploymentId,
        version: Version,
    ) -> StoreResult<Option<Release>> {
        queries::by_version(self, deployment, version)
            .await
            .during("read a release")
    }

    async fn steps(&self, release: &ReleaseId) -> StoreResult<Vec<StepRow>> {
        queries::steps(self, release).await.during("read steps")
    }

    async fn release_began(&self, lease: &Lease, release: &ReleaseId) -> StoreResult<()> {
        progress::began(self, lease, release)
            .await
            .during("begin a release")
    }

    async fn step_began(&self, lease: &Lease, release: &ReleaseId, step: Step) -> StoreResult<()> {
        progress::step_began(self, lease, release, step)
            .await
            .during("begin a step")
    }

    async fn step_done(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        row: &StepRow,
    ) -> StoreResult<()> {
        progress::step_done(self, lease, release, row)
            .await
            .during("save a step")
    }

    async fn release_planned(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        commit: &Commit,
        plan: &Plan,
    ) -> StoreResult<()> {
        progress::planned(self, lease, release, commit, plan)
            .await
            .during("save a plan")
    }

    async fn release_built(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        built: &BuiltArtifact,
    ) -> StoreResult<()> {
        progress::built(self, lease, release, built)
            .await
            .during("save what was built")
    }

    async fn release_provisioned(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        tier: &str,
    ) -> StoreResult<()> {
        progress::provisioned(self, lease, release, tier)
            .await
            .during("save that the guest is there")
    }

    async fn release_warned(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        warnings: &[String],
    ) -> StoreResult<()> {
        progress::warned(self, lease, release, warnings)
            .await
            .during("save warnings")
    }

    async fn release_live(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        dormant: bool,
    ) -> StoreResult<()> {
        ends::live(self, lease, release, dormant)
            .await
            .during("save that a release is live")
    }

    async fn release_failed(
        &self,
        lease: &Lease,
        release: &ReleaseId,
        failure: &Failure,
    ) -> StoreResult<()> {
        ends::failed(self, lease, release, failure)
            .await
            .during("save that a release failed")
    }

    async fn release_cancelled(&self, lease: &Lease, release: &ReleaseId) -> StoreResult<()> {
        ends::cancelled(self, lease, release)
            .await
            .during("save that a release was cancelled")
    }

    async fn is_cancelled(&self, release: &ReleaseId) -> StoreResult<bool> {
        queries::is_cancelled(self, release)
            .await
            .during("look whether a release is cancelled")
    }

    async fn collectable(&self, keep: u32, limit: u32) -> StoreResult<Vec<Release>> {
        collect::collectable(self, keep, limit)
            .await
            .during("look for old artifacts")
    }

    async fn artifact_in_use(
        &self,
        deployment: &DeploymentId,
        artifact: &ArtifactId,
        except: &ReleaseId,
    ) -> StoreResult<bool> {
        collect::in_use(self, deployment, artifact, except)
            .await
            .during("look for the use of an artifact")
    }

    async fn artifact_collected(&self, release: &ReleaseId) -> StoreResult<()> {
        collect::collected(self, release)
            .await
            .during("save that an artifact is gone")
    }
}
