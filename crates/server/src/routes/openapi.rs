//! The OpenAPI document, made from the handlers.

use axum::Json;
use utoipa::OpenApi;

use super::{
    actions, delete, deploy, deployments, env, events, health, list, logs, orphans, proxmox,
    releases, stats,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Havre",
        description = "Deploys an app from a Git URL and gives back a URL that works.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        health::health,
        health::ready,
        health::frameworks,
        deploy::deploy,
        list::list,
        deployments::show_one,
        deployments::update,
        delete::delete,
        releases::releases,
        actions::redeploy,
        actions::rollback,
        actions::cancel,
        actions::start,
        actions::stop,
        actions::restart,
        env::get,
        env::patch,
        logs::logs,
        events::events,
        stats::stats,
        orphans::orphans,
        proxmox::nodes,
        proxmox::vms,
        proxmox::resources,
        proxmox::sync,
        openapi,
    ),
    components(schemas(api::events::LogLine, api::events::End))
)]
struct Document;

/// The document as a value.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, description = "OpenAPI", body = serde_json::Value)))]
pub(crate) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}
