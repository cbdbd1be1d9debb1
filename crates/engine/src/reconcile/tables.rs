//! Routes: the gateway has the table that the database says, also after either of them restarted.

use std::sync::Arc;

use crate::context::Context;
use crate::error::StepError;

/// Pushes the whole table.
pub(super) async fn push(ctx: &Arc<Context>) -> Result<(), StepError> {
    ctx.routes.replace_all().await
}
