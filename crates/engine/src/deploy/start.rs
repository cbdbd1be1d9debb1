//! Start: the app, in its guest.

use domain::ports::Progress;

use super::rollout::Rollout;
use super::{Outcome, service};
use crate::text;

/// Starts the app, or thaws it where its guest was kept warm.
pub(super) async fn start(rollout: &mut Rollout<'_>) -> Outcome {
    rollout.log.header(&text::starting(&rollout.facts.name));
    let service = service::service(rollout).await?;
    rollout.log.set_mask(service::mask(rollout, &service.env));
    let guest = rollout.guest()?;
    rollout
        .hold(async { Ok(rollout.driver.start(guest, &service).await?) })
        .await?;
    Ok(Progress::Nothing)
}
