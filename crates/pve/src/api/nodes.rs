//! Nodes: room, bridges, storages, the catalogue of templates, tasks.

use serde::Deserialize;

use super::storage::Content;
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::names::{Bridge, FileName, NodeName, StorageId, Upid, Vmid};
use crate::words::words;
use crate::{lenient, routes};

/// A node, as `/nodes` shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct NodeRow {
    /// Its short name.
    pub node: NodeName,
    /// `online`, `offline` or `unknown`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub status: String,
    /// Share of its processors in use, 0 to 1; only with `Sys.Audit`.
    #[serde(default, deserialize_with = "lenient::number")]
    pub cpu: Option<f64>,
    /// Its processors.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub maxcpu: Option<u64>,
    /// Bytes of memory in use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub mem: Option<u64>,
    /// Bytes of memory.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub maxmem: Option<u64>,
    /// Seconds since it was started.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub uptime: Option<u64>,
    /// The fingerprint of its own certificate.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub ssl_fingerprint: Option<crate::Fingerprint>,
}

impl NodeRow {
    /// Whether it can be asked.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.status == "online"
    }
}

/// Bytes of something on a node.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Amount {
    /// All of it.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub total: Option<u64>,
    /// In use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub used: Option<u64>,
    /// Not in use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub free: Option<u64>,
}

/// A node in detail. Needs `Sys.Audit` on it.
#[derive(Debug, Clone, Deserialize)]
pub struct NodeStatus {
    /// Its memory.
    #[serde(default)]
    pub memory: Amount,
    /// Its own disk.
    #[serde(default)]
    pub rootfs: Amount,
    /// Share of its processors in use, 0 to 1.
    #[serde(default, deserialize_with = "lenient::number")]
    pub cpu: Option<f64>,
    /// Seconds since it was started.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub uptime: Option<u64>,
    /// As `pve-manager/9.1.9/…`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub pveversion: Option<String>,
}

/// A bridge or a vnet that the token may use.
#[derive(Debug, Clone, Deserialize)]
pub struct BridgeRow {
    /// Its name.
    pub iface: Bridge,
    /// `bridge`, `OVSBridge` or `vnet`.
    #[serde(rename = "type", default, deserialize_with = "lenient::text_or_empty")]
    pub kind: String,
    /// Whether it is up; not told for vnets.
    #[serde(default, deserialize_with = "lenient::maybe_flag")]
    pub active: Option<bool>,
    /// The node's own address on it, with the bits of the net.
    #[serde(default, deserialize_with = "lenient::text")]
    pub cidr: Option<String>,
    /// The node's own gateway on it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub gateway: Option<String>,
    /// Whether VLANs can be used on it.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub bridge_vlan_aware: bool,
    /// What the operator wrote about it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub comments: Option<String>,
}

/// A storage, as a node sees it.
#[derive(Debug, Clone, Deserialize)]
pub struct StorageRow {
    /// Its name.
    pub storage: StorageId,
    /// Its type, as `dir`, `zfspool`, `lvmthin`.
    #[serde(rename = "type", default, deserialize_with = "lenient::text_or_empty")]
    pub kind: String,
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    content: String,
    /// Whether it is there; an NFS that is away is not.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub active: bool,
    /// Whether the operator has it switched on.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub enabled: bool,
    /// Whether other nodes see the same volumes.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub shared: bool,
    /// Bytes of it.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub total: Option<u64>,
    /// Bytes not in use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub avail: Option<u64>,
    /// Bytes in use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub used: Option<u64>,
}

impl StorageRow {
    /// Whether it may hold this.
    #[must_use]
    pub fn holds(&self, content: Content) -> bool {
        self.content
            .split(',')
            .any(|word| word.trim() == content.as_str())
    }

    /// What it may hold, as it is written: `images,rootdir`.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }
}

/// A template that can be downloaded from the catalogue.
#[derive(Debug, Clone, Deserialize)]
pub struct Appliance {
    /// The file's name, as `debian-12-standard_12.7-1_amd64.tar.zst`.
    pub template: FileName,
    /// As `debian-12`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub os: String,
    /// Its package, as `debian-12-standard`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub package: String,
    /// Its version.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub version: String,
    /// `system`, `turnkeylinux`, …
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub section: String,
    /// `lxc`.
    #[serde(rename = "type", default, deserialize_with = "lenient::text_or_empty")]
    pub kind: String,
    /// As `amd64`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub architecture: String,
}

words! {
    /// Which tasks are listed.
    TaskSource, "source of tasks", {
        /// Those that have ended.
        Archive = "archive",
        /// Those that run, and some that have just ended.
        Active = "active",
        /// Both.
        All = "all",
    }
}

/// A task in a list.
#[derive(Debug, Clone, Deserialize)]
pub struct TaskRow {
    /// Its name.
    pub upid: Upid,
    /// When it was started, in seconds since 1970, by the node's clock.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub starttime: Option<u64>,
    /// When it ended; `None` while it runs.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub endtime: Option<u64>,
    /// How it ended: `OK`, `WARNINGS: 1` or its error; `None` or `RUNNING` while it runs.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
}

impl TaskRow {
    /// Whether it still runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.endtime.is_none()
            && self
                .status
                .as_deref()
                .is_none_or(|status| status.eq_ignore_ascii_case("running"))
    }
}

impl Client {
    /// The nodes, those that are off as well.
    ///
    /// # Errors
    /// As any request.
    pub async fn nodes(&self) -> Result<Vec<NodeRow>> {
        self.rows(Call::new(&routes::NODES)).await
    }

    /// One node in detail.
    ///
    /// # Errors
    /// As any request.
    pub async fn node_status(&self, node: &NodeName) -> Result<NodeStatus> {
        self.get(Call::new(&routes::NODE_STATUS).at(node)).await
    }

    /// The bridges and vnets of a node that the token may use.
    ///
    /// # Errors
    /// As any request.
    pub async fn bridges(&self, node: &NodeName) -> Result<Vec<BridgeRow>> {
        self.usable(
            Call::new(&routes::BRIDGES)
                .at(node)
                .set("type", "any_bridge"),
        )
        .await
    }

    /// The enabled storages of a node that the token may use, with room and state; those for some content only, or all.
    ///
    /// # Errors
    /// As any request. It can be slow while a network storage is away.
    pub async fn storages(
        &self,
        node: &NodeName,
        content: Option<Content>,
    ) -> Result<Vec<StorageRow>> {
        self.usable(
            Call::new(&routes::STORAGES)
                .at(node)
                .flag("enabled", true)
                .maybe("content", content),
        )
        .await
    }

    /// The catalogue of templates that this node can download.
    ///
    /// # Errors
    /// As any request.
    pub async fn appliances(&self, node: &NodeName) -> Result<Vec<Appliance>> {
        self.usable(Call::new(&routes::APPLIANCES).at(node)).await
    }

    /// Downloads a template of the catalogue onto a storage. Needs `Datastore.AllocateTemplate` on it.
    ///
    /// # Errors
    /// As any request.
    pub async fn download_appliance(
        &self,
        node: &NodeName,
        storage: &StorageId,
        template: &FileName,
    ) -> Result<Upid> {
        self.begin(
            Call::new(&routes::APPLIANCE_GET)
                .at(node)
                .set("storage", storage)
                .set("template", template),
        )
        .await
    }

    /// The newest tasks of one guest on a node, at most 50. A clone is listed under its source's number.
    ///
    /// # Errors
    /// As any request.
    pub async fn tasks_of(
        &self,
        node: &NodeName,
        vmid: Vmid,
        source: TaskSource,
    ) -> Result<Vec<TaskRow>> {
        self.rows(
            Call::new(&routes::TASKS)
                .at(node)
                .set("vmid", vmid)
                .set("source", source)
                .set("limit", 50),
        )
        .await
    }

    /// The newest tasks of a node, at most so many.
    ///
    /// # Errors
    /// As any request.
    pub async fn tasks(
        &self,
        node: &NodeName,
        source: TaskSource,
        limit: u16,
    ) -> Result<Vec<TaskRow>> {
        self.usable(
            Call::new(&routes::TASKS)
                .at(node)
                .set("source", source)
                .set("limit", limit),
        )
        .await
    }
}
