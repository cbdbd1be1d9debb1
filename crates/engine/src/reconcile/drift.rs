//! Drift: what should run, runs. After a machine restart this is what brings every app back, a few at a time.

use std::sync::Arc;

use domain::guest::{AppState, GuestSeen, Observation, Role};
use domain::job::Work;
use domain::ports::{GuestRow, Wanted};
use domain::release::DeploymentFacts;
use domain::status::Event;
use domain::{DeploymentId, Status};
use futures_util::StreamExt;

use super::{Term, altered};
use crate::context::Context;
use crate::error::{StepError, chain};
use crate::text;

/// Deployments looked at per query.
const PAGE: u32 = 200;
/// Deployments looked at at once.
const AT_ONCE: usize = 8;

/// Looks at every deployment that should run.
pub(super) async fn heal(term: &Term) -> Result<(), StepError> {
    let ctx = &term.ctx;
    let mut after: Option<DeploymentId> = None;
    loop {
        let page = ctx.store().live(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.id);
        let running = page
            .into_iter()
            .filter(|facts| facts.status == Status::Running && term.has(facts.driver));
        futures_util::stream::iter(running)
            .for_each_concurrent(AT_ONCE, |facts| look_at(ctx, facts))
            .await;
    }
}

async fn look_at(ctx: &Arc<Context>, facts: DeploymentFacts) {
    if let Err(error) = heal_one(ctx, &facts).await {
        tracing::warn!(deployment = %facts.id, error = chain(&error), "a deployment could not be looked after");
    }
}

async fn heal_one(ctx: &Context, facts: &DeploymentFacts) -> Result<(), StepError> {
    let Some(guest) = serving_guest(ctx, facts).await? else {
        return Ok(());
    };
    match ctx.driver(guest.driver)?.observe(&guest.id).await {
        // A guess would make a second guest; the next pass looks again.
        Observation::Unknown(why) => {
            tracing::info!(guest = %guest.id, why, "a guest cannot be seen")
        }
        Observation::Absent => {
            // Its address may be another machine's by now.
            if !facts.driver.is_of_a_place() {
                ctx.routes.sync(&facts.id).await?;
            }
            start_again(ctx, facts, text::GUEST_LOST).await?;
        }
        Observation::Present(seen) => {
            where_it_is(ctx, facts, &seen).await?;
            match seen.app {
                AppState::Running { .. } | AppState::BackingOff { .. } => {}
                AppState::Down {
                    last_exit,
                    crash_loop: true,
                } => give_up(ctx, facts, &last_exit).await?,
                AppState::Down {
                    last_exit,
                    crash_loop: false,
                } => start_again(ctx, facts, &text::was_down(&last_exit)).await?,
                AppState::Stopped | AppState::Frozen => {
                    start_again(ctx, facts, text::WAS_STOPPED).await?
                }
            }
        }
    }
    Ok(())
}

/// On a cluster a guest may have moved, or have another address: people are shown where it is, and the gateway goes there.
async fn where_it_is(
    ctx: &Context,
    facts: &DeploymentFacts,
    seen: &GuestSeen,
) -> Result<(), StepError> {
    let Some(machine) = &seen.machine else {
        return Ok(());
    };
    if let Err(error) = altered::look(ctx, facts, &seen.id).await {
        tracing::debug!(deployment = %facts.id, error = chain(&error), "cannot tell whether a guest was changed by hand");
    }
    if ctx.routes.take_unconfirmed(&facts.id) {
        ctx.routes.sync(&facts.id).await?;
    }
    let corrected = ctx.store().guest_seen_at(&seen.id, machine).await?;
    let before = ctx.machine_seen(&facts.id, Some(machine.clone()));
    let migrated = before.is_some_and(|before| before.node != machine.node);
    if !corrected && !migrated {
        return Ok(());
    }
    let words = text::moved(machine.vmid, machine.address, &machine.node);
    tracing::info!(deployment = %facts.id, guest = %seen.id, words, "a guest is somewhere else");
    ctx.warn(&facts.id, &words).await;
    ctx.routes.sync(&facts.id).await
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

/// Puts a start on the queue: the job makes the guest again where it is gone, and checks the app before it is routed.
async fn start_again(ctx: &Context, facts: &DeploymentFacts, why: &str) -> Result<(), StepError> {
    let mut healing = ctx.healing.lock().await;
    if let Some(job) = healing.get(&facts.id)
        && ctx.store().is_queued(job).await?
    {
        return Ok(());
    }
    healing.remove(&facts.id);
    if let Some(job) = ctx.store().accept_work(&facts.id, &Work::Start).await? {
        healing.insert(facts.id, job);
        tracing::info!(deployment = %facts.id, why, "starting again");
        ctx.warn(&facts.id, &text::restarted(why)).await;
        ctx.job_bell.notify_one();
    }
    Ok(())
}
