//! The form that deploys.

use std::collections::BTreeMap;

use api::FrameworkObject;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::html::page;
use crate::state::App;

#[derive(Template)]
#[template(path = "deploy.html")]
struct Deploy<'a> {
    version: &'a str,
    frameworks: &'a BTreeMap<String, FrameworkObject>,
    local_git: bool,
}

/// The form.
pub(super) async fn deploy(State(app): State<App>) -> Response {
    let config = &app.config;
    let template = Deploy {
        version: &config.version,
        frameworks: &config.frameworks,
        local_git: config.local_git,
    };
    page(&app, StatusCode::OK, &template)
}
