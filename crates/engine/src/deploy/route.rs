//! Route: the gateway moves to the new guest; the old one stays warm.

use domain::guest::Role;
use domain::ports::{Progress, Wanted};

use super::rollout::Rollout;
use super::{Outcome, data};
use crate::error::StepError;
use crate::text;

/// Moves the route and makes the release live. The reconcilers see to the old guest.
pub(super) async fn route(rollout: &mut Rollout<'_>) -> Outcome {
    data::refuse_loss(rollout).await?;
    rollout.run.check()?;
    let guest = rollout.guest()?.clone();
    // Before the release is live: from then on the database must name a guest that may serve.
    rollout
        .store()
        .guest_wanted(rollout.lease(), &guest, Wanted::Serving)
        .await?;
    let upstream = rollout.driver.address(&guest).await?;
    let go_live = async {
        Ok(rollout
            .store()
            .release_live(rollout.lease(), rollout.id(), false)
            .await?)
    };
    rollout
        .run
        .ctx
        .routes
        .switch(&rollout.facts, upstream, go_live)
        .await?;
    replace_others(rollout).await?;
    Ok(Progress::Nothing)
}

/// Guests that served before stay warm; their time is counted from now.
async fn replace_others(rollout: &Rollout<'_>) -> Result<(), StepError> {
    let warm = if rollout.run.ctx.config.limits.warm.is_zero() {
        Wanted::Gone
    } else {
        Wanted::Warm
    };
    for row in rollout.store().guests_of(&rollout.facts.id).await? {
        if row.role == Role::Serve
            && row.release != rollout.release.id
            && row.wanted == Wanted::Serving
        {
            rollout
                .store()
                .guest_wanted(rollout.lease(), &row.id, warm)
                .await?;
        }
    }
    Ok(())
}

/// The deployment is stopped: the release is the one that the next start takes, and nothing runs now.
pub(super) async fn take_effect_later(rollout: &mut Rollout<'_>) -> Result<(), StepError> {
    data::refuse_loss(rollout).await?;
    rollout.log.header(text::DORMANT);
    Ok(rollout
        .store()
        .release_live(rollout.lease(), rollout.id(), true)
        .await?)
}
