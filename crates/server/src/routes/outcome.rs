//! Waiting for a release, and how it ended.

use std::future::Future;

use axum::http::StatusCode;
use domain::{Release, ReleaseId, ReleaseStatus};

use crate::error::{ApiError, OrAnswer};
use crate::state::App;
use crate::text;

/// Waits until the release is over; an error when it did not go live.
pub(super) async fn wait_for_release(app: &App, release: &ReleaseId) -> Result<Release, ApiError> {
    let ended = until_closing(app, app.engine.wait_for_release(release)).await?;
    let release = ended.or_answer(app)?;
    match release.status {
        ReleaseStatus::Failed => Err(failed(&release)),
        ReleaseStatus::Cancelled => Err(conflict("cancelled", text::CANCELLED)),
        ReleaseStatus::Superseded => Err(conflict("superseded", text::SUPERSEDED)),
        _ => Ok(release),
    }
}

fn failed(release: &Release) -> ApiError {
    match &release.failure {
        Some(failure) => ApiError::failed(failure),
        None => conflict("failed", text::RELEASE_FAILED),
    }
}

fn conflict(code: &str, words: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, code, words)
}

/// Waits no longer than the server lives: what is waited for goes on by itself.
pub(super) async fn until_closing<T>(
    app: &App,
    work: impl Future<Output = T>,
) -> Result<T, ApiError> {
    tokio::select! {
        done = work => Ok(done),
        () = app.closing.cancelled() => Err(ApiError::unavailable("closing", text::CLOSING)),
    }
}
