//! Collect: artifacts beyond those kept.

use domain::Release;

use super::Term;
use crate::error::{StepError, chain};

/// Releases seen to in one pass.
const PAGE: u32 = 50;

/// Removes artifacts that no release needs.
pub(super) async fn collect(term: &Term) -> Result<(), StepError> {
    let ctx = &term.ctx;
    let keep = u32::try_from(ctx.config.limits.keep_releases.max(1)).unwrap_or(u32::MAX);
    for release in ctx.store().collectable(keep, PAGE).await? {
        if let Err(error) = collect_one(term, &release).await {
            tracing::warn!(release = %release.id, error = chain(&error), "an artifact could not be collected");
        }
    }
    Ok(())
}

async fn collect_one(term: &Term, release: &Release) -> Result<(), StepError> {
    let Some(artifact) = &release.artifact else {
        return Ok(());
    };
    let (ctx, store) = (&term.ctx, term.ctx.store());
    // What a destroyed deployment had at its driver went with it.
    let kind = store
        .facts(&release.deployment)
        .await?
        .map(|facts| facts.driver);
    if kind.is_some_and(|kind| !term.has(kind)) {
        return Ok(());
    }
    let guests = store.guests_of(&release.deployment).await?;
    if guests.iter().any(|guest| guest.release == release.id) {
        return Ok(());
    }
    // Noted first: a rollback that is accepted from now on finds no artifact, rather than one that is about to go.
    store.artifact_collected(&release.id).await?;
    let in_use = store
        .artifact_in_use(&release.deployment, artifact, &release.id)
        .await?;
    if !in_use && let Some(kind) = kind {
        let driver = ctx.driver(kind)?;
        driver.drop_artifact(&release.deployment, artifact).await?;
    }
    Ok(())
}
