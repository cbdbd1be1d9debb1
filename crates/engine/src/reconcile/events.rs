//! Events: those beyond what is of use go.

use super::Term;
use crate::error::StepError;

/// Events kept for listeners that come back.
const KEPT: u32 = 20_000;

/// Removes the oldest ones.
pub(super) async fn prune(term: &Term) -> Result<(), StepError> {
    term.ctx.store().prune_events(KEPT).await?;
    Ok(())
}
