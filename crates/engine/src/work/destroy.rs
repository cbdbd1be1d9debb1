//! Destroy: the route, the guests, what the driver keeps, then the row.

use domain::DeploymentId;
use domain::ports::Wanted;

use crate::error::StepError;
use crate::runner::Run;

/// Removes everything of a deployment. What is gone already is success, so it may be cut anywhere and begin again.
pub(crate) async fn destroy(run: &Run, deployment: &DeploymentId) -> Result<(), StepError> {
    let store = run.ctx.store();
    let Some(facts) = store.facts(deployment).await? else {
        return Ok(());
    };
    let _pause = run.ctx.routes.pause(deployment, None).await?;
    for guest in store.guests_of(deployment).await? {
        let driver = run.ctx.driver(guest.driver)?;
        store
            .guest_wanted(&run.lease, &guest.id, Wanted::Gone)
            .await?;
        run.hold(async { Ok(driver.destroy(&guest.id).await?) })
            .await?;
        store.guest_gone(&guest.id).await?;
    }
    let driver = run.ctx.driver(facts.driver)?;
    run.hold(async { Ok(driver.forget(deployment).await?) })
        .await?;
    forget_logs(run, deployment).await?;
    if !facts.driver.is_of_a_place() {
        // Its number may be another guest's tomorrow.
        store.deployment_lives_at(&run.lease, None).await?;
        run.ctx.machine_seen(deployment, None);
        run.ctx.alterations.forget(deployment);
    }
    Ok(store.destroyed(&run.lease).await?)
}

async fn forget_logs(run: &Run, deployment: &DeploymentId) -> Result<(), StepError> {
    for release in run.ctx.store().releases(deployment, 10_000).await? {
        run.ctx.logs.remove(&release.id).await;
        crate::deploy::forget_source(&run.ctx, &release.id).await?;
    }
    Ok(())
}
