//! Orphans: guests that the database does not know, and what guests left behind.

use std::sync::Arc;

use domain::DeploymentId;
use domain::ports::Scope;

use super::Term;
use crate::context::Context;
use crate::error::StepError;

/// Removes them. Guests are listed before the database is asked: a row is written before its guest is made, so a guest
/// without a row is nobody's.
pub(super) async fn remove(term: &Term) -> Result<(), StepError> {
    let ctx = &term.ctx;
    for (_, driver) in ctx
        .ports
        .drivers
        .iter()
        .filter(|(kind, _)| term.has(**kind))
    {
        for seen in driver.list().await? {
            if ctx.store().guest(&seen.id).await?.is_some() {
                continue;
            }
            if !is_ours(ctx, &seen.deployment).await? {
                tracing::warn!(guest = %seen.id, deployment = %seen.deployment, "this database does not know the \
                    deployment of a guest: it stays. Is it the right database? If so, remove its folder by hand");
                continue;
            }
            tracing::warn!(guest = %seen.id, deployment = %seen.deployment, "removing a guest that nobody knows");
            driver.destroy(&seen.id).await?;
        }
        driver.sweep().await?;
    }
    Ok(())
}

/// A server that was started on another database by mistake, or on a new one before a backup was restored into it, finds
/// guests of deployments that it never heard of. They are somebody's. Rows of deployments stay when these are destroyed, so
/// what was ours is known for ever.
async fn is_ours(ctx: &Arc<Context>, deployment: &DeploymentId) -> Result<bool, StepError> {
    let row = ctx
        .store()
        .find(&Scope::Everyone, &deployment.to_string())
        .await?;
    Ok(row.is_some_and(|row| row.managed.is_some()))
}
