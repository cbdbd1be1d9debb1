//! Collect: artifacts beyond those kept, and events beyond those of use.

use std::sync::Arc;

use domain::Release;

use crate::context::Context;
use crate::error::{StepError, chain};

/// Releases seen to in one pass.
const PAGE: u32 = 50;
/// Events kept for listeners that come back.
const EVENTS: u32 = 20_000;

/// Removes artifacts that no release needs.
pub(super) async fn collect(ctx: &Arc<Context>) -> Result<(), StepError> {
    let keep = u32::try_from(ctx.config.limits.keep_releases.max(1)).unwrap_or(u32::MAX);
    for release in ctx.store().collectable(keep, PAGE).await? {
        if let Err(error) = collect_one(ctx, &release).await {
            tracing::warn!(release = %release.id, error = chain(&error), "an artifact could not be collected");
        }
    }
    ctx.store().prune_events(EVENTS).await?;
    Ok(())
}

async fn collect_one(ctx: &Context, release: &Release) -> Result<(), StepError> {
    let Some(artifact) = &release.artifact else {
        return Ok(());
    };
    let guests = ctx.store().guests_of(&release.deployment).await?;
    if guests.iter().any(|guest| guest.release == release.id) {
        return Ok(());
    }
    // Noted first: a rollback that is accepted from now on finds no artifact, rather than one that is about to go.
    ctx.store().artifact_collected(&release.id).await?;
    let store = ctx.store();
    let in_use = store
        .artifact_in_use(&release.deployment, artifact, &release.id)
        .await?;
    if !in_use && let Some(facts) = store.facts(&release.deployment).await? {
        let driver = ctx.driver(facts.driver)?;
        driver.drop_artifact(&release.deployment, artifact).await?;
    }
    Ok(())
}
