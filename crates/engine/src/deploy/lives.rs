//! Where the guest of a release lives, for people: its number and its address, in the row of the deployment.

use domain::guest::Observation;

use super::rollout::Rollout;
use crate::error::StepError;

/// Writes it down. What cannot be seen now is written by the reconciler.
pub(crate) async fn write_down(rollout: &Rollout<'_>) -> Result<(), StepError> {
    if rollout.facts.driver.is_of_a_place() {
        return Ok(());
    }
    let Observation::Present(seen) = rollout.driver.observe(rollout.guest()?).await else {
        return Ok(());
    };
    rollout
        .run
        .ctx
        .machine_seen(&rollout.facts.id, seen.machine.clone());
    match &seen.machine {
        Some(machine) => Ok(rollout
            .store()
            .deployment_lives_at(rollout.lease(), Some(machine))
            .await?),
        None => Ok(()),
    }
}
