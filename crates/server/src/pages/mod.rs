//! The pages: rendered here, escaped by the templates, without inline scripts and without anything from elsewhere.

mod assets;
mod dashboard;
mod deploy;
mod detail;
mod html;
mod view;

use axum::Router;
use axum::routing::get;

use crate::state::App;

/// The routes of the pages.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(dashboard::dashboard))
        .route("/dashboard", get(dashboard::dashboard))
        .route("/deploy", get(deploy::deploy))
        .route("/deployments/{d}", get(detail::detail))
        .route("/assets/havre.css", get(assets::style))
        .route("/assets/havre.js", get(assets::script))
        .route("/favicon.ico", get(assets::icon))
}
