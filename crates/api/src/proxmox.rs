//! The cluster as the original's routes show it, and what Havre adds to them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/proxmox/nodes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeList {
    /// Always true.
    pub success: bool,
    /// The machines of the cluster.
    pub nodes: Vec<NodeObject>,
}

/// A machine of the cluster, in the fields of Proxmox VE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeObject {
    /// `node/NAME`.
    pub id: String,
    /// Its name.
    pub node: String,
    /// `node`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `online`, `offline` or `unknown`.
    pub status: String,
    /// Share of its processors in use, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// Its logical processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maxcpu: Option<u64>,
    /// Memory in use, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mem: Option<u64>,
    /// Its memory, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maxmem: Option<u64>,
    /// Root disk in use, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<u64>,
    /// Its root disk, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maxdisk: Option<u64>,
    /// Seconds since it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime: Option<u64>,
    /// Its support level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The fingerprint of its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssl_fingerprint: Option<String>,
}

/// `GET /api/proxmox/nodes/NODE/vms`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeGuestList {
    /// Always true.
    pub success: bool,
    /// Its guests.
    pub resources: Vec<NodeGuestObject>,
}

/// A guest of one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeGuestObject {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// `qemu` or `lxc`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `running`, `stopped`, …
    pub status: String,
    /// The memory it may use, bytes.
    pub memory: u64,
    /// Its cores.
    pub cores: f64,
    /// Seconds since it started.
    pub uptime: u64,
}

/// `GET /api/proxmox/resources`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterGuestList {
    /// Always true.
    pub success: bool,
    /// How many there are.
    pub count: usize,
    /// Every guest of the cluster, without templates.
    pub resources: Vec<ClusterGuestObject>,
}

/// A guest of the cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterGuestObject {
    /// Its number.
    pub vmid: u32,
    /// Its name.
    pub name: String,
    /// `vm` or `lxc`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `running`, `stopped`, …
    pub status: String,
    /// Its cores.
    pub cpu: f64,
    /// The memory it may use, MiB.
    pub memory: u64,
    /// The disk it may use, GiB.
    pub disk: f64,
    /// Seconds since it started.
    pub uptime: u64,
    /// The machine that it is on.
    pub node: String,
    /// True when Havre made it.
    pub managed: bool,
}

/// `POST /api/proxmox/sync`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SyncAnswer {
    /// Always true.
    pub success: bool,
    /// In words.
    pub message: String,
    /// Guests that have a new record.
    pub imported: Vec<SyncedObject>,
    /// Guests that were in the list already.
    pub skipped: Vec<SkippedObject>,
    /// How many were imported.
    pub imported_count: usize,
    /// How many were skipped.
    pub skipped_count: usize,
    /// Guests whose record was brought up to date.
    pub updated: Vec<SyncedObject>,
    /// Records that were marked deleted, since their guests are gone.
    pub deleted: Vec<SkippedObject>,
}

/// A guest that has a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SyncedObject {
    /// Its number.
    pub vmid: u32,
    /// Its name.
    pub name: String,
    /// `vm` or `lxc`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its address, where it is known.
    pub ip_address: Option<String>,
}

/// A guest that nothing was done about, or a record whose guest is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SkippedObject {
    /// Its number.
    pub vmid: u32,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// `GET /api/orphans`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrphanList {
    /// Always true.
    pub success: bool,
    /// Guests of ours that the database does not know.
    pub orphans: Vec<OrphanObject>,
}

/// A guest that carries our mark, and that the database does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrphanObject {
    /// Its id.
    pub guest: String,
    /// The deployment that it says it belongs to.
    pub deployment: String,
    /// Where it is: `local` or `proxmox`.
    pub driver: String,
    /// Its number in the cluster.
    pub vm_id: Option<u32>,
    /// The machine that it is on.
    pub node: Option<String>,
    /// Its address.
    pub ip_address: Option<String>,
    /// Since when this server sees it.
    pub since: String,
    /// When it is removed; null for one that stays, since the database never knew its deployment.
    pub removed_at: Option<String>,
}
