//! A deploy, from a Git URL to a guest that serves. Read [`STEPS`] from top to bottom.

mod build;
pub(crate) mod check;
mod data;
mod diagnosis;
mod fetch;
pub(crate) mod lives;
mod output;
pub(crate) mod provision;
mod release_command;
pub(crate) mod rollout;
mod route;
pub(crate) mod service;
mod start;

use domain::ports::{Progress, SourceError, StepRow};
use domain::release::Cause;
use domain::status::Status;
use domain::{Failure, FailureKind, ReleaseId, ReleaseStatus, Step};
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::error::{StepError, chain};
use crate::runner::Run;
use crate::text;
use rollout::Rollout;

type Outcome = Result<Progress, StepError>;
type Do = for<'a> fn(&'a mut Rollout<'_>) -> BoxFuture<'a, Outcome>;
type Undo = for<'a> fn(&'a Rollout<'_>) -> BoxFuture<'a, Result<(), StepError>>;

/// One step: what it does beside how it is undone.
struct StepPlan {
    step: Step,
    run: Do,
    undo: Undo,
}

/// The way of a deploy. The route moves last, so a failure anywhere leaves what serves untouched, and undoing removes
/// only what this release made. Both sides may be repeated: a step that was cut begins again.
const STEPS: [StepPlan; 7] = [
    StepPlan {
        step: Step::Fetch,
        run: |r| Box::pin(fetch::fetch(r)),
        undo: |r| Box::pin(fetch::forget(r)),
    },
    StepPlan {
        step: Step::Build,
        run: |r| Box::pin(build::build(r)),
        undo: |r| Box::pin(build::remove(r)),
    },
    StepPlan {
        step: Step::Provision,
        run: |r| Box::pin(provision::provision(r)),
        undo: |r| Box::pin(provision::remove(r)),
    },
    StepPlan {
        step: Step::Release,
        run: |r| Box::pin(release_command::release(r)),
        undo: nothing_to_undo,
    },
    // The guest goes with its step, and the app with the guest.
    StepPlan {
        step: Step::Start,
        run: |r| Box::pin(start::start(r)),
        undo: nothing_to_undo,
    },
    StepPlan {
        step: Step::Check,
        run: |r| Box::pin(check::check(r)),
        undo: nothing_to_undo,
    },
    // The last step: it ends with the commit, or with the route back where the database says.
    StepPlan {
        step: Step::Route,
        run: |r| Box::pin(route::route(r)),
        undo: nothing_to_undo,
    },
];

fn nothing_to_undo<'a>(_: &'a Rollout<'_>) -> BoxFuture<'a, Result<(), StepError>> {
    Box::pin(async { Ok(()) })
}

/// A step that could not reach something is tried again this many times.
const TRIES: u32 = 4;

/// Takes a release to `serving`, or tells why not. Only what concerns the job itself is an error here.
pub(crate) async fn deploy(run: &Run, release: &ReleaseId) -> Result<(), StepError> {
    let waits = run.ctx.deploys.acquire();
    let _turn = run.hold_wanted(release, async { Ok(waits.await) }).await;
    let mut rollout = match Rollout::open(run, release).await {
        Err(StepError::Wait(why)) => {
            run.waits(&why).await;
            return Err(StepError::Wait(why));
        }
        opened => opened?,
    };
    let cut_after_going_live =
        rollout.release.status == ReleaseStatus::Serving && !rollout.is_done(Step::Route);
    if rollout.release.status.is_over() && !cut_after_going_live {
        return rollout.close().await;
    }
    let outcome = all_steps(&mut rollout).await;
    let settled = settle(&rollout, outcome).await;
    rollout.close().await?;
    settled
}

async fn all_steps(rollout: &mut Rollout<'_>) -> Result<(), StepError> {
    rollout
        .store()
        .release_began(rollout.lease(), rollout.id())
        .await?;
    rollout.announce();
    if rollout.facts.status != Status::Running {
        // Who asks for the app meanwhile is told that it is on its way.
        show_route(rollout).await;
    }
    rollout.take_artifact().await?;
    for plan in &STEPS {
        if rollout.is_dormant() && plan.step == Step::Provision {
            return route::take_effect_later(rollout).await;
        }
        one_step(rollout, plan).await?;
    }
    Ok(())
}

async fn one_step(rollout: &mut Rollout<'_>, plan: &StepPlan) -> Result<(), StepError> {
    if rollout.is_done(plan.step) {
        return Ok(());
    }
    if !rollout.needs(plan.step) {
        let skipped = StepRow {
            step: plan.step,
            done: true,
            skipped: true,
            millis: 0,
            progress: None,
        };
        return rollout.step_done(skipped).await;
    }
    rollout
        .store()
        .step_began(rollout.lease(), rollout.id(), plan.step)
        .await?;
    rollout.run.ctx.ring();
    let began = Instant::now();
    let progress = with_retries(rollout, plan).await?;
    rollout.waits_no_more();
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let done = StepRow {
        step: plan.step,
        done: true,
        skipped: false,
        millis,
        progress: Some(progress),
    };
    rollout.step_done(done).await
}

async fn with_retries(rollout: &mut Rollout<'_>, plan: &StepPlan) -> Outcome {
    let mut tries = 1;
    loop {
        match (plan.run)(rollout).await {
            // What is waited for already was told and tried: one look is enough.
            Err(StepError::Again(cause)) if tries < TRIES && !rollout.is_waiting() => {
                tracing::warn!(release = %rollout.id(), step = %plan.step, error = chain(&*cause), tries, "step begins again");
                rollout.log.warning(&text::trying_again(plan.step, &*cause));
                let pause = std::time::Duration::from_millis(250 << tries);
                rollout.run.ctx.clock().sleep(pause).await;
                tries += 1;
            }
            Err(StepError::Again(cause)) if cause.is::<SourceError>() => {
                return Err(unreachable_source(&*cause));
            }
            Err(error) => {
                return Err(match error.or_wait(rollout.facts.driver) {
                    StepError::Again(cause) => StepError::Platform(cause),
                    other => other,
                });
            }
            done => return done,
        }
    }
}

/// The other side did not answer: most often the URL names the wrong host.
fn unreachable_source(cause: &(dyn std::error::Error + 'static)) -> StepError {
    Failure::new(FailureKind::Source, text::unreachable(cause))
        .cure(text::CHECK_HOST)
        .into()
}

/// Writes down how it ended, and undoes what is not wanted any more.
async fn settle(rollout: &Rollout<'_>, outcome: Result<(), StepError>) -> Result<(), StepError> {
    let failure = match outcome {
        // Of a stopped deployment it was said already that this takes effect at its next start.
        Ok(()) if rollout.is_dormant() => return Ok(()),
        Ok(()) => {
            rollout.tell_success();
            return Ok(());
        }
        Err(error @ (StepError::Lost | StepError::Later(_))) => return Err(error),
        // What it made so far stays for the next try, and what serves serves on.
        Err(StepError::Wait(why)) => {
            if rollout.run.waits(&why).await {
                rollout.log.warning(&text::waiting(&why));
            }
            return Err(StepError::Wait(why));
        }
        Err(StepError::Cancelled) => None,
        Err(StepError::Failed(failure)) => Some(*failure),
        Err(StepError::Platform(cause) | StepError::Again(cause)) => {
            Some(platform_failure(rollout, &*cause))
        }
    };
    undo(rollout).await;
    rollout.tell_end(failure.as_ref());
    match &failure {
        Some(failure) => {
            rollout
                .store()
                .release_failed(rollout.lease(), rollout.id(), failure)
                .await?
        }
        None => {
            rollout
                .store()
                .release_cancelled(rollout.lease(), rollout.id())
                .await?
        }
    }
    show_route(rollout).await;
    Ok(())
}

/// Tells the gateway what the database says of the deployment now.
async fn show_route(rollout: &Rollout<'_>) {
    if let Err(error) = rollout.run.ctx.routes.sync(&rollout.facts.id).await {
        tracing::warn!(release = %rollout.id(), error = chain(&error), "the route will be set by the reconciler");
    }
}

fn platform_failure(rollout: &Rollout<'_>, cause: &(dyn std::error::Error + 'static)) -> Failure {
    let reference = rollout.run.ctx.reference();
    tracing::error!(release = %rollout.id(), %reference, error = chain(cause), "a deploy failed by the platform's fault");
    let mut failure = Failure::new(FailureKind::Platform, text::PLATFORM_FAULT)
        .why(cause.to_string())
        .cure(text::PLATFORM_CURE);
    failure.reference = Some(reference);
    failure
}

/// Undoes the steps from the last to the first. What cannot be undone now is left to the reconcilers, which know it
/// from the database.
async fn undo(rollout: &Rollout<'_>) {
    for plan in STEPS.iter().rev() {
        if let Err(error) = (plan.undo)(rollout).await {
            tracing::warn!(release = %rollout.id(), step = %plan.step, error = chain(&error), "undo is left to the reconcilers");
        }
    }
}

impl Rollout<'_> {
    /// What a release skips: one that takes another's artifact neither fetches nor builds; only a release that may
    /// change code or environment runs the release command.
    fn needs(&self, step: Step) -> bool {
        match step {
            Step::Fetch | Step::Build => self.release.artifact.is_none(),
            Step::Release => {
                let cause = matches!(self.release.cause, Cause::Deploy | Cause::Env);
                cause
                    && self
                        .release
                        .plan
                        .as_ref()
                        .is_some_and(|plan| plan.release.is_some())
            }
            Step::Provision | Step::Start | Step::Check | Step::Route => true,
        }
    }

    /// A change made while the deployment is stopped takes effect at its next start.
    fn is_dormant(&self) -> bool {
        self.facts.status == Status::Stopped
    }
}

/// Removes the fetched source of a release.
pub(crate) async fn forget_source(
    ctx: &crate::context::Context,
    release: &ReleaseId,
) -> Result<(), StepError> {
    fetch::remove_folder(&ctx.source_dir(release)).await
}
