//! The style sheet and the script of the pages, kept in the binary.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

const CACHED: &str = "public, max-age=3600";

/// The style sheet.
pub(super) async fn style() -> impl IntoResponse {
    let kind = (header::CONTENT_TYPE, "text/css; charset=utf-8");
    let body = include_str!("../../assets/havre.css");
    ([kind, (header::CACHE_CONTROL, CACHED)], body)
}

/// The script.
pub(super) async fn script() -> impl IntoResponse {
    let kind = (header::CONTENT_TYPE, "text/javascript; charset=utf-8");
    let body = include_str!("../../assets/havre.js");
    ([kind, (header::CACHE_CONTROL, CACHED)], body)
}

/// There is none; browsers ask anyway.
pub(super) async fn icon() -> StatusCode {
    StatusCode::NO_CONTENT
}
