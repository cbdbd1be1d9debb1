//! One log line per request, without query, headers and bodies: they may hold secrets.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::state::App;

/// Numbers the request, answers the number as `X-Request-Id` and logs how it ended. Errors of its handler are logged
/// inside its span, so that number and reference stand together.
pub(crate) async fn trace(State(app): State<App>, request: Request, next: Next) -> Response {
    let number = app.next_request();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", number, %method, path);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match method {
        Method::GET | Method::HEAD => tracing::debug!(status, millis, "answered"),
        _ => tracing::info!(status, millis, "answered"),
    });
    response
        .headers_mut()
        .insert("x-request-id", HeaderValue::from(number));
    response
}
