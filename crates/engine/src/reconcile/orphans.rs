//! Orphans: guests that the database does not know, and what guests left behind.

use super::Term;
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
            if ctx.store().guest(&seen.id).await?.is_none() {
                tracing::warn!(guest = %seen.id, deployment = %seen.deployment, "removing a guest that nobody knows");
                driver.destroy(&seen.id).await?;
            }
        }
        driver.sweep().await?;
    }
    Ok(())
}
