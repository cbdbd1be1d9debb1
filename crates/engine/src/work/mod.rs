//! What else a deployment can be told: start, stop, restart, destroy.

mod destroy;
mod start;
mod stop;

use domain::DeploymentId;

use crate::error::StepError;
use crate::runner::Run;

pub(crate) use destroy::destroy;
pub(crate) use start::start;
pub(crate) use stop::stop;

/// Stops and starts the app in its guest.
pub(crate) async fn restart(run: &Run, deployment: &DeploymentId) -> Result<(), StepError> {
    stop::stop_guests(run, deployment, stop::Warm::Stays).await?;
    start::start(run, deployment).await
}
