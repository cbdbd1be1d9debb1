//! Bounds on how many requests are answered at once and for how long.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::error::ApiError;
use crate::read::Params;
use crate::state::App;
use crate::text;

/// Answers 503 when there is no room, and when an ordinary request takes too long. What waits for a deploy or a destroy
/// has room of its own and no such bound; streams take theirs in their handlers.
pub(crate) async fn bounds(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if request.uri().path() == "/health" {
        return Ok(next.run(request).await);
    }
    if waits(&request) {
        let _permit = app.room_for_wait()?;
        return Ok(next.run(request).await);
    }
    let _permit = app.room_for_request()?;
    let answer = tokio::time::timeout(app.patience.request, next.run(request)).await;
    answer.map_err(|_| ApiError::unavailable("too_slow", text::TOO_SLOW))
}

fn waits(request: &Request) -> bool {
    let params = Params::of(request.uri());
    request.method() == Method::DELETE
        || params.is_ok_and(|params| params.flag("wait").unwrap_or_default())
}
