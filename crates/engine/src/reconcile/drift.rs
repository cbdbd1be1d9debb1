//! Drift: what should run, runs. After a machine restart this is what brings every app back, a few at a time.

use std::sync::Arc;

use domain::guest::{AppState, Observation, Role};
use domain::ports::{GuestRow, Wanted};
use domain::release::DeploymentFacts;
use domain::status::Event;
use domain::{DeploymentId, Status};
use futures_util::StreamExt;

use crate::context::Context;
use crate::deploy::service;
use crate::error::{StepError, chain};
use crate::text;

/// Deployments looked at per query.
const PAGE: u32 = 200;

/// Looks at every deployment that should run.
pub(super) async fn heal(ctx: &Arc<Context>) -> Result<(), StepError> {
    let mut after: Option<DeploymentId> = None;
    loop {
        let page = ctx.store().live(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.id);
        let running = page
            .into_iter()
            .filter(|facts| facts.status == Status::Running);
        let at_once = ctx.config.limits.restarts.max(1);
        futures_util::stream::iter(running)
            .for_each_concurrent(at_once, |facts| look_at(ctx, facts))
            .await;
    }
}

async fn look_at(ctx: &Arc<Context>, facts: DeploymentFacts) {
    if let Err(error) = heal_one(ctx, &facts).await {
        tracing::warn!(deployment = %facts.id, error = chain(&error), "a deployment could not be looked after");
    }
}

async fn heal_one(ctx: &Arc<Context>, facts: &DeploymentFacts) -> Result<(), StepError> {
    let Some(guest) = serving_guest(ctx, facts).await? else {
        return Ok(());
    };
    match ctx.driver(guest.driver)?.observe(&guest.id).await {
        // A guess would make a second guest; the next pass looks again.
        Observation::Unknown(why) => {
            tracing::info!(guest = %guest.id, why, "a guest cannot be seen")
        }
        Observation::Absent => make_again(ctx, facts).await?,
        Observation::Present(seen) => match seen.app {
            AppState::Running { .. } | AppState::BackingOff { .. } => {}
            AppState::Down {
                last_exit,
                crash_loop: true,
            } => give_up(ctx, facts, &last_exit).await?,
            AppState::Down {
                last_exit,
                crash_loop: false,
            } => start_again(ctx, facts, &guest, &last_exit).await?,
            AppState::Stopped | AppState::Frozen => {
                start_again(ctx, facts, &guest, "it was stopped").await?
            }
        },
    }
    Ok(())
}

async fn serving_guest(
    ctx: &Context,
    facts: &DeploymentFacts,
) -> Result<Option<GuestRow>, StepError> {
    let guests = ctx.store().guests_of(&facts.id).await?;
    let serves = |row: &GuestRow| {
        row.role == Role::Serve
            && row.wanted == Wanted::Serving
            && Some(row.release) == facts.serving
    };
    Ok(guests.into_iter().find(serves))
}

/// It crashed past its bound by itself: starting it again would not help.
async fn give_up(ctx: &Context, facts: &DeploymentFacts, last_exit: &str) -> Result<(), StepError> {
    let story = text::crash_loop(last_exit);
    if ctx
        .store()
        .deployment_observed(&facts.id, Event::CrashLoop, Some(&story))
        .await?
    {
        tracing::warn!(deployment = %facts.id, last_exit, "crash loop");
        ctx.ring();
        ctx.routes.sync(&facts.id).await?;
    }
    Ok(())
}

async fn start_again(
    ctx: &Arc<Context>,
    facts: &DeploymentFacts,
    guest: &GuestRow,
    why: &str,
) -> Result<(), StepError> {
    let service = service::service_of(ctx, facts, &guest.release).await?;
    let _quiet = ctx.guest_lock.lock().await;
    // A job may have stopped or replaced it since it was looked at.
    let now = ctx.store().facts(&facts.id).await?;
    let still =
        now.is_some_and(|now| now.status == Status::Running && now.serving == facts.serving);
    let wanted = ctx
        .store()
        .guest(&guest.id)
        .await?
        .is_some_and(|row| row.wanted == Wanted::Serving);
    if still && wanted {
        tracing::info!(deployment = %facts.id, guest = %guest.id, why, "starting again");
        ctx.driver(guest.driver)?.start(&guest.id, &service).await?;
        ctx.warn(&facts.id, &text::restarted(why)).await;
    }
    Ok(())
}

/// The guest of what should run is gone. A start job makes it again from the artifact, checked as always.
async fn make_again(ctx: &Context, facts: &DeploymentFacts) -> Result<(), StepError> {
    if ctx
        .store()
        .accept_work(&facts.id, &domain::job::Work::Start)
        .await?
        .is_some()
    {
        ctx.warn(&facts.id, &text::guest_lost()).await;
        ctx.job_bell.notify_one();
    }
    Ok(())
}
