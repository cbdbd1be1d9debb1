//! Check: the app answers, twice, within its bound.

use std::time::Duration;

use domain::guest::{AppState, Observation};
use domain::plan::HealthCheck;
use domain::ports::{ProbeAnswer, ProbeError, ProbeRequest, Progress};
use tokio::time::Instant;

use super::rollout::Rollout;
use super::{Outcome, diagnosis};
use crate::error::StepError;
use crate::text;

/// Good answers in a row that make an app healthy.
const GOOD_ANSWERS: u32 = 2;
/// The first pause between two questions; it grows to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// One question waits this long for its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// An app that was started again this often while it was checked is not going to stay up.
const MOST_RESTARTS: u32 = 3;

/// What the last question gave.
pub(super) type Asked = Result<ProbeAnswer, ProbeError>;

/// Asks the app until it is healthy.
pub(crate) async fn check(rollout: &mut Rollout<'_>) -> Outcome {
    let health = bounds(rollout)?;
    rollout.log.header(&text::checking(&health));
    let request = request(rollout, &health).await?;
    let asking = ask_until_healthy(rollout, &health, &request);
    let answer = rollout.hold(asking).await?;
    if answer.status >= 400 {
        let warning =
            diagnosis::of_client_error(&answer, &request.path, &rollout.plan()?.framework);
        rollout.warn(&[warning]).await?;
    }
    Ok(Progress::Nothing)
}

/// The plan's bounds under the user's.
fn bounds(rollout: &Rollout<'_>) -> Result<HealthCheck, StepError> {
    let plan = &rollout.plan()?.health;
    let user = &rollout.release.options.health;
    Ok(HealthCheck {
        path: user.path.clone().unwrap_or_else(|| plan.path.clone()),
        below: user.below.unwrap_or(plan.below),
        within_seconds: user.within_seconds.unwrap_or(plan.within_seconds),
    })
}

async fn request(rollout: &Rollout<'_>, health: &HealthCheck) -> Result<ProbeRequest, StepError> {
    Ok(ProbeRequest {
        upstream: rollout.driver.address(rollout.guest()?).await?,
        path: health.path.clone(),
        host: rollout.run.ctx.config.authority_of(&rollout.facts.label),
        proto: "http".to_owned(),
        timeout: ANSWER_TIMEOUT,
    })
}

async fn ask_until_healthy(
    rollout: &Rollout<'_>,
    health: &HealthCheck,
    request: &ProbeRequest,
) -> Result<ProbeAnswer, StepError> {
    let bound = Duration::from_secs(u64::from(health.within_seconds.max(1)));
    let (mut waited, mut pause, mut good) = (Duration::ZERO, FIRST_PAUSE, 0);
    loop {
        let began = Instant::now();
        let asked = rollout.run.ctx.ports.probe.probe(request).await;
        match &asked {
            Ok(answer) if answer.status < health.below => {
                good += 1;
                if good == GOOD_ANSWERS {
                    return Ok(answer.clone());
                }
            }
            _ => {
                good = 0;
                refuse_dead(rollout).await?;
            }
        }
        if waited >= bound {
            return Err(diagnosis::of_unhealthy(rollout, health, &asked)
                .await
                .into());
        }
        rollout.run.ctx.clock().sleep(pause).await;
        // Counted from both, so that neither a clock that jumps nor a slow answer stretches the bound.
        waited += began.elapsed().max(pause);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Ends the check at once for an app that is down, or that keeps dying.
async fn refuse_dead(rollout: &Rollout<'_>) -> Result<(), StepError> {
    let guest = rollout.guest()?;
    let Observation::Present(seen) = rollout.driver.observe(guest).await else {
        return Ok(());
    };
    let last_exit = match seen.app {
        AppState::Down { last_exit, .. } => last_exit,
        AppState::BackingOff {
            restarts,
            last_exit,
        } if restarts >= MOST_RESTARTS => last_exit,
        _ => return Ok(()),
    };
    Err(diagnosis::of_death(rollout, &last_exit).await.into())
}
