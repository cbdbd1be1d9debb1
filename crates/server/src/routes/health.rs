//! Is it there, is it ready, what can it deploy.

use api::{Frameworks, Health, Ready};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::state::App;

/// Answers while the process lives.
#[utoipa::path(get, path = "/health", responses((status = 200, body = Health)))]
pub(crate) async fn health(State(app): State<App>) -> Json<Health> {
    Json(Health {
        service: "Havre".to_owned(),
        status: "healthy".to_owned(),
        version: app.config.version.clone(),
    })
}

/// Can it deploy: database, gateway and driver.
#[utoipa::path(get, path = "/api/ready", responses((status = 200, body = Ready), (status = 503, body = Ready)))]
pub(crate) async fn ready(State(app): State<App>) -> Response {
    let parts = app.engine.ready().await;
    let success = parts.values().all(|part| part == "ok");
    let status = if success {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Ready { success, parts })).into_response()
}

/// The frameworks that a deploy may name.
#[utoipa::path(get, path = "/api/frameworks", responses((status = 200, body = Frameworks)))]
pub(crate) async fn frameworks(State(app): State<App>) -> Json<Frameworks> {
    Json(Frameworks {
        success: true,
        frameworks: app.config.frameworks.clone(),
    })
}
