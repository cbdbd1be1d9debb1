//! What else a deployment can be told: start, stop, restart, destroy.

mod destroy;
mod start;
mod stop;

use domain::DeploymentId;
use domain::ports::RouteState;

use crate::error::StepError;
use crate::runner::Run;

pub(crate) use destroy::destroy;
pub(crate) use start::start;
pub(crate) use stop::stop;

/// Stops and starts the app in its guest. Meanwhile the gateway says that it is on its way.
pub(crate) async fn restart(run: &Run, deployment: &DeploymentId) -> Result<(), StepError> {
    let pause = run
        .ctx
        .routes
        .pause(deployment, Some(RouteState::Deploying))
        .await?;
    stop::stop_guests(run, deployment, stop::Warm::Stays).await?;
    start::start(run, deployment).await?;
    drop(pause);
    run.ctx.routes.sync(deployment).await
}
