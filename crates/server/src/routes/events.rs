//! The order of what happened, as it happens.

use std::collections::VecDeque;
use std::time::Duration;

use api::ErrorAnswer;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use domain::DeploymentId;
use domain::event::{EventRow, Happened};
use futures_util::{Stream, stream};
use tokio::sync::watch;

use super::lookup::find_by;
use super::sse;
use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::Params;
use crate::state::App;

/// Rows read at once.
const PAGE: u32 = 200;
/// The bell tells only of events of this process; others' are found by looking.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Events of all deployments, or of one. Without `Last-Event-ID` (or `after`) they begin now.
#[utoipa::path(
    get,
    path = "/api/events",
    params(
        ("deployment" = Option<String>, Query, description = "Only those of this deployment: id, else name"),
        ("after" = Option<u64>, Query, description = "Only those after this number; 0 gives all that are kept"),
        ("Last-Event-ID" = Option<u64>, Header, description = "As `after`, from a client that reconnects")
    ),
    responses(
        (status = 200, content_type = "text/event-stream", body = String,
            description = "`event`: status, release, step or warning; `id`: its number; `data`: the event as JSON"),
        (status = 404, body = ErrorAnswer),
        (status = 503, body = ErrorAnswer, description = "Too many streams")
    )
)]
pub(crate) async fn events(State(app): State<App>, params: Params, headers: HeaderMap) -> Answer {
    let deployment = match params.text("deployment") {
        Some(key) => Some(id_of(&app, key).await?),
        None => None,
    };
    let seen = match sse::last_id(&headers).and_then(|id| id.parse().ok()) {
        Some(seen) => Some(seen),
        None => params.number("after", (0, i64::MAX as u64))?,
    };
    let after = match seen.map(i64::try_from) {
        Some(Ok(seen)) => seen,
        _ => app.engine.store().last_event().await.or_answer(&app)?,
    };
    let listener = Listener {
        bell: app.engine.event_bell(),
        app: app.clone(),
        deployment,
        after,
        page: VecDeque::new(),
    };
    sse::answer(&app, listener.stream())
}

async fn id_of(app: &App, key: &str) -> Result<DeploymentId, ApiError> {
    let row = find_by(app, key).await?;
    row.parsed_id().ok_or_else(ApiError::not_managed)
}

struct Listener {
    app: App,
    bell: watch::Receiver<u64>,
    deployment: Option<DeploymentId>,
    after: i64,
    page: VecDeque<EventRow>,
}

impl Listener {
    fn stream(self) -> impl Stream<Item = Event> + Send + 'static {
        stream::unfold(self, |mut listener| async move {
            let row = listener.next().await?;
            Some((shown(&row), listener))
        })
    }

    /// The next row; none when the engine is gone or the database fails, so that the client reconnects.
    async fn next(&mut self) -> Option<EventRow> {
        loop {
            if let Some(row) = self.page.pop_front() {
                self.after = row.seq;
                return Some(row);
            }
            // Seen before the look: an event written after it rings again.
            self.bell.borrow_and_update();
            let store = self.app.engine.store();
            let page = store.events_after(self.deployment.as_ref(), self.after, PAGE);
            self.page = page
                .await
                .inspect_err(|error| tracing::warn!(%error, "events could not be read"))
                .ok()?
                .into();
            if self.page.is_empty()
                && let Ok(Err(_)) = tokio::time::timeout(LOOK_AGAIN, self.bell.changed()).await
            {
                return None;
            }
        }
    }
}

fn shown(row: &EventRow) -> Event {
    let kind = match row.what {
        Happened::Status { .. } => "status",
        Happened::Release { .. } => "release",
        Happened::Step { .. } => "step",
        Happened::Warning { .. } => "warning",
    };
    sse::event(kind, Some(&row.seq.to_string()), row)
}
