//! Start: the release that should serve, in the guest it has or in a new one, checked before anybody is sent to it.

use domain::DeploymentId;
use domain::guest::Role;
use domain::ports::Wanted;
use domain::status::Event;

use crate::deploy::rollout::Rollout;
use crate::deploy::{check, provision, service};
use crate::error::{StepError, chain};
use crate::runner::Run;
use crate::text;

/// Starts a deployment. A failure of the app becomes its status and story; the job itself is over then.
pub(crate) async fn start(run: &Run, deployment: &DeploymentId) -> Result<(), StepError> {
    let facts = run.ctx.store().facts(deployment).await?;
    let Some(serving) = facts.and_then(|facts| facts.serving) else {
        return Ok(());
    };
    let mut rollout = Rollout::open(run, &serving).await?;
    let started = bring_up(&mut rollout).await;
    let settled = match started {
        Ok(()) => Ok(()),
        Err(StepError::Failed(failure)) => {
            tracing::info!(%deployment, error = %failure, "the app could not be started");
            fail(run, deployment, &text::start_failed(&failure.story())).await
        }
        Err(other) => Err(other),
    };
    rollout.close().await?;
    settled
}

async fn bring_up(rollout: &mut Rollout<'_>) -> Result<(), StepError> {
    provision::ensure_guest(rollout).await?;
    start_app(rollout).await?;
    check::check(rollout).await?;
    let guest = rollout.guest()?.clone();
    rollout
        .store()
        .guest_wanted(rollout.lease(), &guest, Wanted::Serving)
        .await?;
    let upstream = rollout.driver.address(&guest).await?;
    let started = async {
        Ok(rollout
            .store()
            .deployment_took(rollout.lease(), Event::Started, None)
            .await?)
    };
    rollout
        .run
        .ctx
        .routes
        .switch(&rollout.facts, upstream, started)
        .await?;
    retire_older(rollout).await
}

async fn start_app(rollout: &Rollout<'_>) -> Result<(), StepError> {
    let service = service::service(rollout).await?;
    let guest = rollout.guest()?;
    let _quiet = rollout.run.ctx.guest_lock.lock().await;
    rollout
        .hold(async { Ok(rollout.driver.start(guest, &service).await?) })
        .await
}

/// After a change made while it was stopped, the guest of the release before is of no use any more.
async fn retire_older(rollout: &Rollout<'_>) -> Result<(), StepError> {
    for row in rollout.store().guests_of(&rollout.facts.id).await? {
        if row.role == Role::Serve
            && row.release != rollout.release.id
            && row.wanted == Wanted::Serving
        {
            rollout
                .store()
                .guest_wanted(rollout.lease(), &row.id, Wanted::Gone)
                .await?;
        }
    }
    Ok(())
}

async fn fail(run: &Run, deployment: &DeploymentId, story: &str) -> Result<(), StepError> {
    super::stop::stop_guests(run, deployment, super::stop::Warm::Stays).await?;
    run.ctx
        .store()
        .deployment_took(&run.lease, Event::CrashLoop, Some(story))
        .await
        .or_else(|error| match error {
            // Stopped and could not be started: it stays stopped, and the events tell why.
            domain::ports::StoreError::Illegal(_) => Ok(()),
            other => Err(other),
        })?;
    run.ctx.warn(deployment, story).await;
    if let Err(error) = run.ctx.routes.sync(deployment).await {
        tracing::warn!(%deployment, error = chain(&error), "the route will be set by the reconciler");
    }
    Ok(())
}
