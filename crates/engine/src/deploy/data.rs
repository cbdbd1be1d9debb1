//! Nothing that an app wrote is lost silently.

use domain::guest::Role;
use domain::ports::{DriverError, Wanted};
use domain::{Failure, FailureKind};

use super::rollout::Rollout;
use crate::error::StepError;
use crate::text;

/// Refuses to replace a guest that wrote files into its app folder, unless the user said that they may go.
pub(super) async fn refuse_loss(rollout: &mut Rollout<'_>) -> Result<(), StepError> {
    if rollout.release.options.discard_data || !rollout.replaces_another() {
        return Ok(());
    }
    let guests = rollout.store().guests_of(&rollout.facts.id).await?;
    let serving = guests.into_iter().find(|guest| {
        guest.role == Role::Serve
            && guest.wanted == Wanted::Serving
            && Some(guest.release) == rollout.facts.serving
    });
    let Some(guest) = serving else { return Ok(()) };
    let written = match rollout.driver.written(&guest.id).await {
        Err(DriverError::Gone(_)) => return Ok(()),
        other => other?,
    };
    if written.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(FailureKind::WouldLoseData, text::would_lose(&written))
        .why(text::WHY_LOST)
        .cure(text::keep_data(&written));
    Err(failure.into())
}
