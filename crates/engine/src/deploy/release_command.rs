//! Release: the plan's release command, such as migrations, in the new guest before its app starts.

use domain::guest::Exec;
use domain::ports::Progress;

use super::rollout::Rollout;
use super::{Outcome, output, service};
use crate::error::StepError;

/// Runs the release command: at least once per deploy.
pub(super) async fn release(rollout: &mut Rollout<'_>) -> Outcome {
    let plan = rollout.plan()?;
    let Some(command) = &plan.release else {
        return Ok(Progress::Nothing);
    };
    rollout.log.header(&command.label);
    let env = service::environment(rollout, service::For::App).await?;
    rollout.log.set_mask(service::mask(rollout, &env));
    let exec = Exec {
        tag: "release".to_owned(),
        argv: service::argv(&command.run),
        dir: plan.root.clone(),
        env,
        timeout: rollout.run.ctx.config.limits.release_timeout,
        registries: false,
    };
    let guest = rollout
        .guest()
        .map_err(|_| StepError::Platform(crate::text::NO_GUEST.into()))?;
    output::run_or_fail(rollout, guest, &exec, output::Stage::Release).await?;
    Ok(Progress::Nothing)
}
