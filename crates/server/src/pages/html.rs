//! Templates as answers.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::error::ApiError;
use crate::state::App;
use crate::text;

/// A page that says what is wrong.
#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    version: &'a str,
    title: &'a str,
    text: &'a str,
}

/// Renders a page.
pub(super) fn page(app: &App, status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => ApiError::platform(app, &error).into_response(),
    }
}

/// An error as a page.
pub(super) fn problem(app: &App, error: &ApiError) -> Response {
    let body = &error.body;
    let title = body.error.as_deref().unwrap_or(text::INTERNAL);
    let template = Problem {
        version: &app.config.version,
        title,
        text: body.details.as_deref().unwrap_or_default(),
    };
    let mut response = page(app, error.status, &template);
    error.say_when_to_ask_again(response.headers_mut());
    response
}
