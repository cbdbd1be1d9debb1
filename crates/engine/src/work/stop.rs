//! Stop: nobody is sent to the app any more, then it ends.

use domain::DeploymentId;
use domain::guest::Role;
use domain::ports::Wanted;
use domain::status::Event;

use crate::error::StepError;
use crate::runner::Run;

/// What becomes of guests that are kept warm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Warm {
    Stays,
    Goes,
}

/// Stops a deployment. The status changes first: from then on no reconciler starts it again.
pub(crate) async fn stop(run: &Run, deployment: &DeploymentId) -> Result<(), StepError> {
    run.ctx
        .store()
        .deployment_took(&run.lease, Event::Stop, None)
        .await?;
    run.ctx.routes.sync(deployment).await?;
    run.ctx.ring();
    stop_guests(run, deployment, Warm::Goes).await
}

/// Ends the app in every guest of a deployment; requests in flight finish first.
pub(super) async fn stop_guests(
    run: &Run,
    deployment: &DeploymentId,
    warm: Warm,
) -> Result<(), StepError> {
    let store = run.ctx.store();
    let limits = &run.ctx.config.limits;
    for guest in store
        .guests_of(deployment)
        .await?
        .iter()
        .filter(|guest| guest.role == Role::Serve)
    {
        let driver = run.ctx.driver(guest.driver)?;
        match guest.wanted {
            Wanted::Serving => {
                let upstream = driver.address(&guest.id).await?;
                run.hold(run.ctx.routes.drain(&upstream, limits.drain))
                    .await?;
                let _quiet = run.ctx.guest_lock.lock().await;
                run.hold(async { Ok(driver.stop(&guest.id, limits.stop_grace).await?) })
                    .await?;
            }
            Wanted::Warm if warm == Warm::Goes => {
                store
                    .guest_wanted(&run.lease, &guest.id, Wanted::Gone)
                    .await?
            }
            Wanted::Warm | Wanted::Making | Wanted::Gone => {}
        }
    }
    Ok(())
}
