//! Same origin for browsers. There are no CORS headers, so no other site reads an answer; this keeps other sites from
//! changing anything, and from holding streams open. Apps under `*.localhost` are other sites too.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::host::authority;
use crate::error::ApiError;
use crate::text;

/// Refuses what a page of another origin asks, but for a plain link to a page.
pub(crate) async fn origin(request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let own = authority(request.uri(), headers)?;
    let foreign_origin = headers
        .get(header::ORIGIN)
        .is_some_and(|origin| !is_own(origin.as_bytes(), &own));
    if !allowed_site(headers, safe) || (foreign_origin && !safe) {
        return Err(
            ApiError::new(StatusCode::FORBIDDEN, "other_origin", text::OTHER_ORIGIN)
                .details(text::OTHER_ORIGIN_CURE),
        );
    }
    Ok(next.run(request).await)
}

fn is_own(origin: &[u8], own: &Authority) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else {
        return false;
    };
    let rest = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    rest.is_some_and(|rest| rest.eq_ignore_ascii_case(own.as_str()))
}

fn allowed_site(headers: &HeaderMap, safe: bool) -> bool {
    let word = |name: &str| headers.get(name).map(|value| value.as_bytes());
    match word("sec-fetch-site") {
        None | Some(b"same-origin" | b"none") => true,
        Some(_) => safe && word("sec-fetch-mode") == Some(b"navigate"),
    }
}
