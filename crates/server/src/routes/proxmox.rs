//! The original's Proxmox routes. They come with the Proxmox driver; until then they say so.

use api::ErrorAnswer;
use axum::http::StatusCode;

use crate::error::ApiError;
use crate::text;

fn not_configured(doing: &str) -> ApiError {
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "not_configured",
        text::no_proxmox(doing),
    )
    .details(text::NO_PROXMOX_CURE)
}

/// The nodes of the cluster.
#[utoipa::path(get, path = "/api/proxmox/nodes", responses((status = 501, body = ErrorAnswer)))]
pub(crate) async fn nodes() -> ApiError {
    not_configured("list nodes")
}

/// The guests of a node.
#[utoipa::path(
    get,
    path = "/api/proxmox/nodes/{node}/vms",
    params(("node" = String, Path, description = "Name of a node")),
    responses((status = 501, body = ErrorAnswer))
)]
pub(crate) async fn vms() -> ApiError {
    not_configured("list VMs")
}

/// All guests of the cluster.
#[utoipa::path(get, path = "/api/proxmox/resources", responses((status = 501, body = ErrorAnswer)))]
pub(crate) async fn resources() -> ApiError {
    not_configured("list resources")
}

/// Takes the guests of the cluster into the list.
#[utoipa::path(post, path = "/api/proxmox/sync", responses((status = 501, body = ErrorAnswer)))]
pub(crate) async fn sync() -> ApiError {
    not_configured("sync resources")
}
