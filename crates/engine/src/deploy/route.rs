//! Route: the gateway moves to the new guest; the old one stays warm.

use domain::guest::Role;
use domain::ports::{Progress, Wanted};

use super::rollout::Rollout;
use super::{Outcome, data, lives};
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
    lives::write_down(rollout).await?;
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

/// The guest that served before stays warm, its time counted from now; those that were warm already go.
async fn replace_others(rollout: &Rollout<'_>) -> Result<(), StepError> {
    let keeps_warm = !rollout.run.ctx.config.limits.warm.is_zero();
    for row in rollout.store().guests_of(&rollout.facts.id).await? {
        if row.role != Role::Serve || row.release == rollout.release.id {
            continue;
        }
        let wanted = match row.wanted {
            Wanted::Serving if keeps_warm => Wanted::Warm,
            Wanted::Serving => Wanted::Gone,
            // Going on after a cut it cannot be told which one served before: their time will end them.
            Wanted::Warm if !rollout.replaces_another() => continue,
            Wanted::Warm if Some(row.release) == rollout.facts.serving => continue,
            Wanted::Warm => Wanted::Gone,
            Wanted::Making | Wanted::Gone => continue,
        };
        rollout
            .store()
            .guest_wanted(rollout.lease(), &row.id, wanted)
            .await?;
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
