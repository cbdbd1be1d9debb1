//! Start: the release that should serve, in the guest it has or in a new one, checked before anybody is sent to it.

use domain::guest::Role;
use domain::ports::{StoreError, Wanted};
use domain::status::Event;
use domain::{DeploymentId, Failure, Status};

use crate::deploy::rollout::Rollout;
use crate::deploy::{check, lives, provision, service};
use crate::error::{StepError, chain};
use crate::runner::Run;
use crate::text;

/// Starts a deployment. A failure of the app becomes its status and story; the job itself is over then.
pub(crate) async fn start(run: &Run, deployment: &DeploymentId) -> Result<(), StepError> {
    let facts = run.ctx.store().facts(deployment).await?;
    let Some(serving) = facts.and_then(|facts| facts.serving) else {
        return Ok(());
    };
    let waits = run.ctx.restarts.acquire();
    let _turn = run.hold(async { Ok(waits.await) }).await?;
    let mut rollout = Rollout::open(run, &serving).await?;
    let settled = match bring_up(&mut rollout).await {
        Err(error) => match error.or_wait(rollout.facts.driver) {
            StepError::Failed(failure) => unhealthy(&rollout, &failure).await,
            other => Err(other),
        },
        done => done,
    };
    rollout.close().await?;
    settled
}

async fn bring_up(rollout: &mut Rollout<'_>) -> Result<(), StepError> {
    provision::ensure_guest(rollout).await?;
    start_app(rollout).await?;
    check::check(rollout).await?;
    serve(rollout).await
}

async fn start_app(rollout: &Rollout<'_>) -> Result<(), StepError> {
    let service = service::service(rollout).await?;
    let guest = rollout.guest()?;
    let _quiet = rollout.run.ctx.guest_lock.lock().await;
    rollout
        .hold(async { Ok(rollout.driver.start(guest, &service).await?) })
        .await
}

/// Routes to the guest, which is up.
async fn serve(rollout: &Rollout<'_>) -> Result<(), StepError> {
    let guest = rollout.guest()?;
    rollout
        .store()
        .guest_wanted(rollout.lease(), guest, Wanted::Serving)
        .await?;
    let upstream = rollout.driver.address(guest).await?;
    lives::write_down(rollout).await?;
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

/// The app is not healthy. One that ran before (its machine restarted) may only wait for something that is not up yet:
/// it stays started, and the crash bound of its guest decides. One that a user starts is stopped again.
async fn unhealthy(rollout: &Rollout<'_>, failure: &Failure) -> Result<(), StepError> {
    let story = text::start_failed(&failure.story());
    let (run, deployment) = (rollout.run, &rollout.facts.id);
    run.ctx.warn(deployment, &story).await;
    if rollout.facts.status == Status::Running {
        return run.ctx.routes.sync(deployment).await;
    }
    let guest = rollout.guest()?;
    rollout
        .store()
        .guest_wanted(rollout.lease(), guest, Wanted::Serving)
        .await?;
    super::stop::stop_guests(run, deployment, super::stop::Warm::Stays).await?;
    match rollout
        .store()
        .deployment_took(rollout.lease(), Event::CrashLoop, Some(&story))
        .await
    {
        // It was stopped, and stays so; the warning tells why.
        Ok(()) | Err(StoreError::Illegal(_)) => {}
        Err(error) => return Err(error.into()),
    }
    if let Err(error) = run.ctx.routes.sync(deployment).await {
        tracing::warn!(%deployment, error = chain(&error), "the route will be set by the reconciler");
    }
    Ok(())
}
