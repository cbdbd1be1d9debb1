//! Server-sent events: bounded in number, with a heartbeat, and ended when the server goes down.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};

use crate::error::ApiError;
use crate::state::App;

const HEARTBEAT: Duration = Duration::from_secs(15);

/// Answers with a stream of events, if there is room for one more.
pub(super) fn answer(
    app: &App,
    events: impl Stream<Item = Event> + Send + 'static,
) -> Result<Response, ApiError> {
    let permit = app.room_for_stream()?;
    let closing = app.closing.clone();
    let events = events
        .map(move |event| {
            // Held by the stream, so that its end makes room.
            let _held = &permit;
            Ok::<_, Infallible>(event)
        })
        .take_until(closing.cancelled_owned());
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("heartbeat");
    Ok(Sse::new(events).keep_alive(keep_alive).into_response())
}

/// True when the client asks for a stream.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|kind| kind.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// The id of the last event that the client saw.
pub(super) fn last_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("last-event-id")?.to_str().ok()
}

/// One event. An id that could break the stream's lines is left out.
pub(super) fn event(name: &str, id: Option<&str>, data: &impl serde::Serialize) -> Event {
    let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    let event = Event::default().event(name).data(data);
    match id {
        Some(id) if !id.contains(['\n', '\r', '\0']) => event.id(id),
        _ => event,
    }
}
