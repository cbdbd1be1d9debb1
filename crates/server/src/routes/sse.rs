//! Server-sent events: bounded in number, with a heartbeat, and ended when the server goes down.
//!
//! A stream is drawn by a task of its own. A body is polled only while its client reads, so anything under way in it, such
//! as a query that holds a connection of the database, would stand still with the client.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use crate::state::App;

const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events drawn ahead of the client.
const AHEAD: usize = 16;

/// Answers with a stream of events, if there is room for one more.
pub(super) fn answer(
    app: &App,
    events: impl Stream<Item = Event> + Send + 'static,
) -> Result<Response, ApiError> {
    let permit = app.room_for_stream()?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(draw(events, sender, app.closing.clone()));
    // The body holds the permit, so that its end makes room.
    let body = stream::unfold((receiver, permit), |(mut receiver, permit)| async move {
        let event: Event = receiver.recv().await?;
        Some((Ok::<_, Infallible>(event), (receiver, permit)))
    });
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("heartbeat");
    Ok(Sse::new(body).keep_alive(keep_alive).into_response())
}

/// Draws events until they end, the client is gone, or the server goes down.
async fn draw(
    events: impl Stream<Item = Event>,
    sender: mpsc::Sender<Event>,
    closing: CancellationToken,
) {
    let mut events = pin!(events);
    let all = async {
        while let Some(event) = events.next().await {
            if sender.send(event).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = all => {}
        () = sender.closed() => {}
        () = closing.cancelled() => {}
    }
}

/// Runs something to its end whether or not its stream is being drawn; none when it panicked.
pub(super) async fn aside<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    tokio::spawn(work).await.ok()
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
