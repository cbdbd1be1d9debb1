//! One release on its way: what is known of it, and how it tells about itself.

use domain::job::Lease;
use domain::ports::{BuiltArtifact, Driver, Progress, StepRow, Store};
use domain::release::{Cause, DeploymentFacts};
use domain::{BaseId, Failure, GuestId, Plan, Release, ReleaseId, ReleaseStatus, Step};
use std::sync::Arc;

use crate::build_log::BuildLog;
use crate::error::StepError;
use crate::mask::Mask;
use crate::runner::Run;
use crate::text;

/// One release on its way. Built again from the database whenever a worker takes it up.
pub(crate) struct Rollout<'r> {
    pub run: &'r Run,
    pub facts: DeploymentFacts,
    pub release: Release,
    pub driver: Arc<dyn Driver>,
    pub log: BuildLog,
    steps: Vec<StepRow>,
    /// The guest of this release, once its row is written.
    pub guest: Option<GuestId>,
}

impl<'r> Rollout<'r> {
    /// Reads what is known of a release.
    pub async fn open(run: &'r Run, id: &ReleaseId) -> Result<Self, StepError> {
        let store = run.ctx.store();
        let release = store.release(id).await?;
        let facts = store
            .facts(&release.deployment)
            .await?
            .ok_or_else(|| StepError::Platform(text::NO_FACTS.into()))?;
        let driver = run.ctx.driver(facts.driver)?.clone();
        let steps = store.steps(id).await?;
        let guest = steps.iter().find_map(|row| match &row.progress {
            Some(Progress::Provisioned { guest }) => Some(guest.clone()),
            _ => None,
        });
        let log = run.ctx.logs.append(id, Mask::new(&release.env, [])).await?;
        Ok(Self {
            run,
            facts,
            release,
            driver,
            log,
            steps,
            guest,
        })
    }

    pub fn id(&self) -> &ReleaseId {
        &self.release.id
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        self.run.ctx.store()
    }

    pub fn lease(&self) -> &Lease {
        &self.run.lease
    }

    /// The plan: there from the end of the first step on.
    pub fn plan(&self) -> Result<&Plan, StepError> {
        self.release
            .plan
            .as_ref()
            .ok_or_else(|| StepError::Platform(text::NO_PLAN.into()))
    }

    /// The base that the artifact was built on: there from the end of the build on.
    pub fn base(&self) -> Result<&BaseId, StepError> {
        self.release
            .base
            .as_ref()
            .ok_or_else(|| StepError::Platform(text::NO_PLAN.into()))
    }

    /// The guest: there from the provision step on.
    pub fn guest(&self) -> Result<&GuestId, StepError> {
        self.guest
            .as_ref()
            .ok_or_else(|| StepError::Platform(text::NO_GUEST.into()))
    }

    /// Words to find its guests by: the framework and the user's tags.
    pub fn tags(&self) -> Vec<String> {
        let framework = self.release.plan.iter().map(|plan| plan.framework.clone());
        framework.chain(self.facts.tags.iter().cloned()).collect()
    }

    pub fn is_done(&self, step: Step) -> bool {
        self.steps.iter().any(|row| row.step == step && row.done)
    }

    /// Saves that a step is done.
    pub async fn step_done(&mut self, row: StepRow) -> Result<(), StepError> {
        self.store()
            .step_done(self.lease(), self.id(), &row)
            .await?;
        self.steps.push(row);
        self.run.ctx.ring();
        Ok(())
    }

    /// A release that takes another's artifact has nothing to build.
    pub async fn take_artifact(&self) -> Result<(), StepError> {
        let (Some(artifact), Some(base)) = (&self.release.artifact, &self.release.base) else {
            return Ok(());
        };
        if self.release.status == ReleaseStatus::Serving {
            return Ok(());
        }
        let built = BuiltArtifact {
            artifact: artifact.clone(),
            bytes: self.release.disk_bytes,
            base: base.clone(),
        };
        Ok(self
            .store()
            .release_built(self.lease(), self.id(), &built)
            .await?)
    }

    /// Something that lasts, dropped when the user cancels or the lease is lost.
    pub async fn hold<T>(
        &self,
        task: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        self.run.hold_wanted(self.id(), task).await
    }

    /// Warnings, told in the log and kept with the release.
    pub async fn warn(&mut self, warnings: &[String]) -> Result<(), StepError> {
        let fresh: Vec<String> = warnings
            .iter()
            .filter(|w| !self.release.warnings.contains(w))
            .cloned()
            .collect();
        if fresh.is_empty() {
            return Ok(());
        }
        for warning in &fresh {
            self.log.warning(warning);
        }
        self.store()
            .release_warned(self.lease(), self.id(), &fresh)
            .await?;
        self.release.warnings.extend(fresh);
        Ok(())
    }

    /// True while its job is one that waits.
    pub fn is_waiting(&self) -> bool {
        self.run.ctx.waits.holds(self.lease())
    }

    /// A step is done: what was waited for is there.
    pub fn waits_no_more(&self) {
        if self.is_waiting() {
            self.run.ctx.waits.over(self.lease());
            self.log
                .header(&text::goes_on_again(&self.facts.name, self.release.version));
        }
    }

    /// The first line of a release, or the one that says it goes on; one that waits said it already.
    pub fn announce(&self) {
        if self.is_waiting() {
            return;
        }
        let goes_on = self.steps.iter().any(|row| row.done);
        self.log.header(&if goes_on {
            text::goes_on(&self.facts.name, self.release.version)
        } else {
            text::begins(&self.facts.name, self.release.version, self.release.cause)
        });
        for warning in &self.release.warnings {
            self.log.warning(warning);
        }
    }

    pub fn tell_success(&self) {
        let url = self.run.ctx.config.url_of(&self.facts.label);
        self.log
            .header(&text::live(&self.facts.name, self.release.version, &url));
    }

    pub fn tell_end(&self, failure: Option<&Failure>) {
        let Some(failure) = failure else {
            return self.log.warning(text::CANCELLED);
        };
        for line in failure.story().lines() {
            self.log.warning(line);
        }
        self.log
            .warning(&text::untouched(self.facts.serving.is_some()));
    }

    /// True when another release serves and this one may take over its guest or replace it.
    pub fn replaces_another(&self) -> bool {
        self.facts
            .serving
            .is_some_and(|serving| serving != self.release.id)
    }

    /// True for a way back: the guest of the earlier release is taken over while it is warm.
    pub fn is_rollback(&self) -> bool {
        self.release.cause == Cause::Rollback
    }

    /// Waits until the log is on disk; fetched source is of no use any more.
    pub async fn close(self) -> Result<(), StepError> {
        let folder = self.run.ctx.source_dir(self.id());
        super::fetch::remove_folder(&folder).await?;
        self.log.close().await;
        self.run.ctx.ring();
        Ok(())
    }
}
