//! Routes: the gateway has the table that the database says, also after either of them restarted.

use super::Term;
use crate::error::StepError;

/// Pushes the whole table.
pub(super) async fn push(term: &Term) -> Result<(), StepError> {
    term.ctx.routes.replace_all().await
}
