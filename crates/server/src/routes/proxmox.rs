//! The original's Proxmox routes, over all nodes.

use api::{
    ClusterGuestList, ClusterGuestObject, ErrorAnswer, NodeGuestList, NodeGuestObject, NodeList,
    NodeObject, SkippedObject, SyncAnswer, SyncedObject,
};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::ports::{ClusterGuest, ClusterNode};
use domain::{DeploymentKind, NodeName};
use engine::{Refusal, SyncedGuest};

use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::Key;
use crate::state::App;
use crate::text;

const MIB: u64 = 1 << 20;
const GIB: f64 = (1u64 << 30) as f64;

/// The nodes of the cluster.
#[utoipa::path(
    get,
    path = "/api/proxmox/nodes",
    responses(
        (status = 200, body = NodeList), (status = 501, body = ErrorAnswer, description = "No cluster is set up"),
        (status = 502, body = ErrorAnswer, description = "The cluster refused"),
        (status = 503, body = ErrorAnswer, description = "The cluster does not answer")
    )
)]
pub(crate) async fn nodes(State(app): State<App>) -> Answer {
    let nodes = app.engine.cluster_nodes().await.doing(&app, "list nodes")?;
    let body = NodeList {
        success: true,
        nodes: nodes.iter().map(node).collect(),
    };
    Ok(Json(body).into_response())
}

/// The guests of a node.
#[utoipa::path(
    get,
    path = "/api/proxmox/nodes/{node}/vms",
    params(("node" = String, Path, description = "Name of a node")),
    responses(
        (status = 200, body = NodeGuestList), (status = 404, body = ErrorAnswer, description = "No such node"),
        (status = 501, body = ErrorAnswer, description = "No cluster is set up"),
        (status = 502, body = ErrorAnswer), (status = 503, body = ErrorAnswer)
    )
)]
pub(crate) async fn vms(State(app): State<App>, Key(name): Key) -> Answer {
    let doing = "list VMs";
    if !app.engine.has_cluster() {
        return Err(cluster_error(&app, doing, Refusal::NoCluster));
    }
    let name: NodeName = name
        .parse()
        .map_err(|error| ApiError::bad_input("node", format!("{error}")))?;
    let guests = app
        .engine
        .cluster_guests_on(&name)
        .await
        .doing(&app, doing)?;
    let body = NodeGuestList {
        success: true,
        resources: guests.iter().map(guest_of_node).collect(),
    };
    Ok(Json(body).into_response())
}

/// All guests of the cluster.
#[utoipa::path(
    get,
    path = "/api/proxmox/resources",
    responses(
        (status = 200, body = ClusterGuestList), (status = 501, body = ErrorAnswer, description = "No cluster is set up"),
        (status = 502, body = ErrorAnswer), (status = 503, body = ErrorAnswer)
    )
)]
pub(crate) async fn resources(State(app): State<App>) -> Answer {
    let guests = app.engine.cluster_guests().await;
    let guests = guests.doing(&app, "list resources")?;
    let shown = guests.iter().filter(|guest| !guest.template);
    let resources: Vec<ClusterGuestObject> = shown.map(guest_of_cluster).collect();
    let body = ClusterGuestList {
        success: true,
        count: resources.len(),
        resources,
    };
    Ok(Json(body).into_response())
}

/// Takes the guests that others made into the list, as records. Nothing is done to any guest.
#[utoipa::path(
    post,
    path = "/api/proxmox/sync",
    responses(
        (status = 200, body = SyncAnswer), (status = 501, body = ErrorAnswer, description = "No cluster is set up"),
        (status = 502, body = ErrorAnswer), (status = 503, body = ErrorAnswer)
    )
)]
pub(crate) async fn sync(State(app): State<App>) -> Answer {
    let _room = app.room_for_wait()?;
    let synced = app.engine.cluster_sync().await;
    let synced = synced.doing(&app, "sync resources")?;
    let skipped: Vec<SkippedObject> = synced
        .skipped
        .into_iter()
        .map(|guest| skipped(guest.vmid, guest.name, text::TRACKED))
        .collect();
    let gone = synced.deleted.into_iter();
    let body = SyncAnswer {
        success: true,
        message: text::synced(synced.imported.len()),
        imported_count: synced.imported.len(),
        skipped_count: skipped.len(),
        imported: synced.imported.into_iter().map(taken).collect(),
        skipped,
        updated: synced.updated.into_iter().map(taken).collect(),
        deleted: gone
            .map(|record| skipped_of_gone(record.vmid, record.name))
            .collect(),
    };
    Ok(Json(body).into_response())
}

fn skipped_of_gone(vmid: u32, name: String) -> SkippedObject {
    skipped(vmid, name, text::GONE_THERE)
}

fn skipped(vmid: u32, name: String, reason: &str) -> SkippedObject {
    SkippedObject {
        vmid,
        name,
        reason: reason.to_owned(),
    }
}

fn taken(guest: SyncedGuest) -> SyncedObject {
    SyncedObject {
        vmid: guest.vmid,
        name: guest.name,
        kind: guest.kind.as_str().to_owned(),
        ip_address: guest.address.map(|address| address.to_string()),
    }
}

fn node(node: &ClusterNode) -> NodeObject {
    NodeObject {
        id: format!("node/{}", node.node),
        node: node.node.clone(),
        kind: "node".to_owned(),
        status: node.status.clone(),
        cpu: node.cpu,
        maxcpu: node.maxcpu,
        mem: node.mem,
        maxmem: node.maxmem,
        disk: node.disk,
        maxdisk: node.maxdisk,
        uptime: node.uptime,
        level: node.level.clone(),
        ssl_fingerprint: node.ssl_fingerprint.clone(),
    }
}

fn guest_of_node(guest: &ClusterGuest) -> NodeGuestObject {
    NodeGuestObject {
        id: guest.vmid,
        name: guest.name.clone(),
        kind: match guest.kind {
            DeploymentKind::Vm => "qemu",
            DeploymentKind::Lxc => "lxc",
        }
        .to_owned(),
        status: guest.status.clone(),
        memory: guest.memory,
        cores: guest.cores,
        uptime: guest.uptime,
    }
}

fn guest_of_cluster(guest: &ClusterGuest) -> ClusterGuestObject {
    #[expect(clippy::cast_precision_loss, reason = "a size, shown")]
    let disk = guest.disk as f64 / GIB;
    ClusterGuestObject {
        vmid: guest.vmid,
        name: guest.name.clone(),
        kind: guest.kind.as_str().to_owned(),
        status: guest.status.clone(),
        cpu: guest.cores,
        memory: guest.memory / MIB,
        disk: (disk * 100.0).round() / 100.0,
        uptime: guest.uptime,
        node: guest.node.to_string(),
        managed: guest.ours,
    }
}

/// The original's `Failed to list nodes: …`.
trait Doing<T> {
    fn doing(self, app: &App, doing: &str) -> Result<T, ApiError>;
}

impl<T> Doing<T> for Result<T, Refusal> {
    fn doing(self, app: &App, doing: &str) -> Result<T, ApiError> {
        self.map_err(|refusal| cluster_error(app, doing, refusal))
    }
}

fn cluster_error(app: &App, doing: &str, refusal: Refusal) -> ApiError {
    let mut answer = match Err::<(), _>(refusal).or_answer(app) {
        Err(answer) => answer,
        Ok(()) => ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "platform",
            text::INTERNAL,
        ),
    };
    answer.body.error = answer.body.error.map(|what| text::failed_to(doing, &what));
    answer
}
