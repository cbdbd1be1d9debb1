//! Retire: guests that serve no more are drained, frozen, kept warm for their time, and removed.

use std::sync::Arc;

use domain::guest::{AppState, Observation, Role};
use domain::ports::{GuestRow, StoreError, Wanted};
use domain::{GuestId, ReleaseStatus};
use futures_util::StreamExt;

use super::Term;
use crate::context::Context;
use crate::error::{StepError, chain};

/// Guests looked at per query.
const PAGE: u32 = 200;
/// Guests seen to at once.
const AT_ONCE: usize = 4;

/// Looks at every guest that does not serve.
pub(super) async fn retire(term: &Term) -> Result<(), StepError> {
    let ctx = &term.ctx;
    for kind in ctx.ports.drivers.keys().filter(|kind| term.has(**kind)) {
        let mut after: Option<GuestId> = None;
        loop {
            let page = ctx.store().guests_at(*kind, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            futures_util::stream::iter(page)
                .for_each_concurrent(AT_ONCE, |row| look_at(ctx, row))
                .await;
        }
    }
    Ok(())
}

async fn look_at(ctx: &Arc<Context>, row: GuestRow) {
    let id = row.id.clone();
    let done = match row.wanted {
        Wanted::Serving => replaced(ctx, row).await,
        Wanted::Warm => warm(ctx, row).await,
        Wanted::Gone => gone(ctx, row).await,
        Wanted::Making => abandoned(ctx, row).await,
    };
    if let Err(error) = done {
        tracing::warn!(guest = %id, error = chain(&error), "a guest could not be retired; the next pass tries again");
    }
}

/// Still marked as serving though another release is live: the job was cut between the two, or ended badly.
async fn replaced(ctx: &Context, row: GuestRow) -> Result<(), StepError> {
    let facts = ctx.store().facts(&row.deployment).await?;
    let replaced =
        facts.is_none_or(|facts| facts.serving.is_some_and(|serving| serving != row.release));
    if replaced {
        retired(ctx, &row).await
    } else {
        Ok(())
    }
}

/// A guest whose release ended without it: its undo could not reach the driver.
async fn abandoned(ctx: &Context, row: GuestRow) -> Result<(), StepError> {
    let over = match ctx.store().release(&row.release).await {
        Ok(release) => release.status.is_over() && release.status != ReleaseStatus::Serving,
        Err(StoreError::NotFound) => true,
        Err(error) => return Err(error.into()),
    };
    if over {
        retired(ctx, &row).await
    } else {
        Ok(())
    }
}

async fn retired(ctx: &Context, row: &GuestRow) -> Result<(), StepError> {
    // Refused while a job of the deployment waits or runs: the job knows better.
    if ctx.store().guest_retired(&row.id).await? {
        remove(ctx, row).await?;
    }
    Ok(())
}

async fn gone(ctx: &Context, row: GuestRow) -> Result<(), StepError> {
    if row.role == Role::Serve {
        drain(ctx, &row).await;
    }
    remove(ctx, &row).await
}

async fn remove(ctx: &Context, row: &GuestRow) -> Result<(), StepError> {
    ctx.driver(row.driver)?.destroy(&row.id).await?;
    ctx.store().guest_gone(&row.id).await?;
    // Its artifact may be of no use any more.
    ctx.call_reconcilers();
    Ok(())
}

/// Drains and freezes it, then waits for its time to be over.
async fn warm(ctx: &Context, row: GuestRow) -> Result<(), StepError> {
    let warm_for = (ctx.clock().now() - row.wanted_since)
        .to_std()
        .unwrap_or_default();
    if warm_for >= ctx.config.limits.warm {
        return retired(ctx, &row).await;
    }
    let driver = ctx.driver(row.driver)?;
    let running = |seen: &Observation| matches!(seen, Observation::Present(s) if matches!(s.app, AppState::Running { .. }));
    if !running(&driver.observe(&row.id).await) {
        return Ok(());
    }
    drain(ctx, &row).await;
    let _quiet = ctx.guest_lock.lock().await;
    let still = ctx
        .store()
        .guest(&row.id)
        .await?
        .is_some_and(|now| now.wanted == Wanted::Warm);
    if still && !driver.freeze(&row.id).await? {
        // Where it cannot be frozen it is stopped: warm on disk at least, and using nothing.
        driver.stop(&row.id, ctx.config.limits.stop_grace).await?;
    }
    Ok(())
}

async fn drain(ctx: &Context, row: &GuestRow) {
    let drained = async {
        let upstream = ctx.driver(row.driver)?.address(&row.id).await?;
        ctx.routes.drain(&upstream, ctx.config.limits.drain).await
    };
    match drained.await {
        Ok(0) => {}
        Ok(cut) => tracing::info!(guest = %row.id, cut, "requests were cut after the drain limit"),
        Err(error) => tracing::debug!(guest = %row.id, error = chain(&error), "not drained"),
    }
}
