//! Every route and what stands before them.

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, patch, post};
use engine::Engine;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::ApiError;
use crate::guard::{self, KnownHosts, OnPanic};
use crate::routes::{
    actions, delete, deploy, deployments, env, events, health, list, logs, openapi, orphans,
    proxmox, releases, stats,
};
use crate::state::App;
use crate::{Patience, ServerConfig, pages, text};

/// Every route of the API: method and path. Tests walk it, and compare it with the OpenAPI document.
pub const ROUTES: [(&str, &str); 26] = [
    ("GET", "/health"),
    ("GET", "/api/ready"),
    ("GET", "/api/frameworks"),
    ("POST", "/api/deploy"),
    ("GET", "/api/deployments"),
    ("GET", "/api/deployments/{d}"),
    ("PATCH", "/api/deployments/{d}"),
    ("DELETE", "/api/deployments/{d}"),
    ("GET", "/api/deployments/{d}/releases"),
    ("POST", "/api/deployments/{d}/redeploy"),
    ("POST", "/api/deployments/{d}/rollback"),
    ("POST", "/api/deployments/{d}/cancel"),
    ("POST", "/api/deployments/{d}/start"),
    ("POST", "/api/deployments/{d}/stop"),
    ("POST", "/api/deployments/{d}/restart"),
    ("GET", "/api/deployments/{d}/env"),
    ("PATCH", "/api/deployments/{d}/env"),
    ("GET", "/api/deployments/{d}/logs"),
    ("GET", "/api/events"),
    ("GET", "/api/stats"),
    ("GET", "/api/orphans"),
    ("GET", "/api/proxmox/nodes"),
    ("GET", "/api/proxmox/nodes/{node}/vms"),
    ("GET", "/api/proxmox/resources"),
    ("POST", "/api/proxmox/sync"),
    ("GET", "/api/openapi.json"),
];

/// The whole server as a service: for tests, without a socket.
pub fn router(engine: Engine, config: ServerConfig) -> Router {
    router_with(engine, config, Patience::default())
}

/// As [`router`], with other bounds.
pub fn router_with(engine: Engine, config: ServerConfig, patience: Patience) -> Router {
    build(App::new(engine, config, patience, CancellationToken::new()))
}

/// Outermost first, a request passes: trace, headers, panics, host, origin, content type, bounds.
pub(crate) fn build(app: App) -> Router {
    let hosts = KnownHosts::new(&app.config);
    api()
        .merge(pages::routes())
        .fallback(no_resource)
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(app.clone(), guard::bounds))
        .layer(from_fn(guard::content))
        .layer(from_fn(guard::origin))
        .layer(from_fn_with_state(hosts, guard::host))
        .layer(CatchPanicLayer::custom(OnPanic(app.clone())))
        .layer(from_fn(guard::headers))
        .layer(from_fn_with_state(app.clone(), guard::trace))
        .with_state(app)
}

fn api() -> Router<App> {
    Router::new()
        .route("/health", get(health::health))
        .route("/api/ready", get(health::ready))
        .route("/api/frameworks", get(health::frameworks))
        .route("/api/deploy", post(deploy::deploy))
        .route("/api/deployments", get(list::list))
        .route(
            "/api/deployments/{d}",
            get(deployments::show_one)
                .patch(deployments::update)
                .delete(delete::delete),
        )
        .route("/api/deployments/{d}/releases", get(releases::releases))
        .route("/api/deployments/{d}/redeploy", post(actions::redeploy))
        .route("/api/deployments/{d}/rollback", post(actions::rollback))
        .route("/api/deployments/{d}/cancel", post(actions::cancel))
        .route("/api/deployments/{d}/start", post(actions::start))
        .route("/api/deployments/{d}/stop", post(actions::stop))
        .route("/api/deployments/{d}/restart", post(actions::restart))
        .route(
            "/api/deployments/{d}/env",
            get(env::get).merge(patch(env::patch)),
        )
        .route("/api/deployments/{d}/logs", get(logs::logs))
        .route("/api/events", get(events::events))
        .route("/api/stats", get(stats::stats))
        .route("/api/orphans", get(orphans::orphans))
        .route("/api/proxmox/nodes", get(proxmox::nodes))
        .route("/api/proxmox/nodes/{node}/vms", get(proxmox::vms))
        .route("/api/proxmox/resources", get(proxmox::resources))
        .route("/api/proxmox/sync", post(proxmox::sync))
        .route("/api/openapi.json", get(openapi::openapi))
}

async fn no_resource() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", text::NO_RESOURCE)
}

async fn no_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        text::NO_METHOD,
    )
}
