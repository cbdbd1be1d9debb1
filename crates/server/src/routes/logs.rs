//! Logs of an app and of its builds: as the original's JSON, or followed as a stream.

use api::{ErrorAnswer, LogsAnswer};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Status;
use domain::release::Version;

use super::{app_log, build_log, lookup, sse};
use crate::error::{Answer, ApiError};
use crate::read::{Key, Params, since};
use crate::state::App;
use crate::text;

/// Lines of one JSON answer.
const MOST: u64 = 10_000;
const ORDINARY: u64 = 1000;

/// Which lines a client wants.
pub(super) struct Wish {
    pub version: Option<Version>,
    pub lines: usize,
    pub since: Option<chrono::DateTime<chrono::Utc>>,
    /// The last line that the client saw, of a stream that was cut.
    pub after: Option<String>,
}

/// The log of the app, or of a build.
#[utoipa::path(
    get,
    path = "/api/deployments/{d}/logs",
    params(
        ("d" = String, Path, description = "Id, else name"),
        ("build" = Option<bool>, Query, description = "The build log instead of the app's"),
        ("release" = Option<String>, Query, description = "Of this release: `3` or `v3`; the serving (build: newest) one when it is left out"),
        ("since" = Option<String>, Query, description = "App log: only lines from this time on, or from this span ago, such as `10m`"),
        ("n" = Option<u64>, Query, description = "At most this many of the newest lines, 1 to 10000; 1000 when it is left out"),
        ("Accept" = Option<String>, Header, description = "`text/event-stream` follows the log"),
        ("Last-Event-ID" = Option<String>, Header, description = "Goes on after this line")
    ),
    responses(
        (status = 200, content(
            (LogsAnswer = "application/json"),
            (String = "text/event-stream")
        ), description = "Lines; as a stream `event: line` and, for a build, `event: end`"),
        (status = 400, body = ErrorAnswer), (status = 404, body = ErrorAnswer), (status = 503, body = ErrorAnswer)
    )
)]
pub(crate) async fn logs(
    State(app): State<App>,
    key: Key,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    let build = params.flag("build")?;
    let follow = sse::is_wanted(&headers);
    let wish = wish(&app, &params, &headers)?;
    let row = lookup::find(&app, &key).await?;
    let is_deleted = row.status == Some(Status::Deleted);
    let has_logs = row.managed.is_some() && !is_deleted;
    let Some(id) = row.parsed_id().filter(|_| has_logs) else {
        return match (follow, is_deleted) {
            (false, _) => Ok(as_json(Vec::new())),
            (true, true) => Err(ApiError::no_deployment()),
            (true, false) => Err(ApiError::not_managed()),
        };
    };
    match (build, follow) {
        (true, true) => build_log::follow(&app, &id, &wish).await,
        (true, false) => Ok(as_json(build_log::lines(&app, &id, &wish).await?)),
        (false, true) => app_log::follow(&app, &row, &id, &wish).await,
        (false, false) => Ok(as_json(app_log::lines(&app, &id, &wish).await?)),
    }
}

fn wish(app: &App, params: &Params, headers: &HeaderMap) -> Result<Wish, ApiError> {
    let version: Option<Version> = params.parsed("release")?;
    let lines = params.number("n", (1, MOST))?.unwrap_or(ORDINARY);
    let now = app.engine.clock().now();
    let since = params.text("since").map(|given| since(given, now));
    Ok(Wish {
        version,
        lines: usize::try_from(lines).unwrap_or(usize::MAX),
        since: since.transpose()?,
        after: sse::last_id(headers).map(str::to_owned),
    })
}

fn as_json(lines: Vec<String>) -> Response {
    let logs = if lines.is_empty() {
        text::NO_LOGS.to_owned()
    } else {
        lines.join("\n")
    };
    Json(LogsAnswer {
        success: true,
        logs,
    })
    .into_response()
}

/// The answer where a release was asked for that does not exist.
pub(super) fn no_release(version: Version) -> ApiError {
    let words = text::no_release(version.0);
    ApiError::new(StatusCode::NOT_FOUND, "not_found", words)
}
