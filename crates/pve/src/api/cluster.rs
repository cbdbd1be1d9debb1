//! The cluster as a whole: quorum, all guests, numbers.

use serde::Deserialize;
use serde_json::Value;

use super::guest::GuestKind;
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Kind, Result};
use crate::names::{NodeName, PoolId, StorageId, Tags, Vmid};
use crate::{lenient, routes, text};

/// Whether the cluster can change anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterStatus {
    /// Its name; `None` for a single node.
    pub name: Option<String>,
    /// Whether enough nodes are there. A single node is always quorate.
    pub quorate: bool,
    /// The nodes, with whether they are online.
    pub nodes: Vec<(NodeName, bool)>,
}

#[derive(Deserialize)]
struct StatusRow {
    #[serde(rename = "type", default, deserialize_with = "lenient::text_or_empty")]
    kind: String,
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe_flag")]
    quorate: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag")]
    online: bool,
}

/// A guest as `/cluster/resources` shows it; figures lag behind by some seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestRow {
    /// Container or VM.
    pub kind: GuestKind,
    /// Its number.
    pub vmid: Vmid,
    /// Where it is.
    pub node: NodeName,
    /// Its name.
    pub name: Option<String>,
    /// `running`, `stopped`, `unknown` (its node is offline).
    pub status: String,
    /// Whether it is a template.
    pub template: bool,
    /// Its tags.
    pub tags: Tags,
    /// Its pool.
    pub pool: Option<PoolId>,
    /// The task that has locked it.
    pub lock: Option<String>,
    /// Share of its processors in use, 0 to 1.
    pub cpu: Option<f64>,
    /// Its processors.
    pub maxcpu: Option<f64>,
    /// Bytes of memory in use.
    pub mem: Option<u64>,
    /// Bytes of memory it may use.
    pub maxmem: Option<u64>,
    /// Bytes of its disk in use; 0 for VMs.
    pub disk: Option<u64>,
    /// Bytes of its disk.
    pub maxdisk: Option<u64>,
    /// Seconds since it was started.
    pub uptime: Option<u64>,
}

/// One row of `/cluster/resources`, of any type.
#[derive(Debug, Clone, Deserialize)]
pub struct Resource {
    /// As `lxc/100`, `node/pve1`, `storage/pve1/local`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub id: String,
    /// `node`, `storage`, `lxc`, `qemu`, …
    #[serde(rename = "type", default, deserialize_with = "lenient::text_or_empty")]
    pub kind: String,
    /// The node it is on.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub node: Option<NodeName>,
    /// A guest's number.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub vmid: Option<Vmid>,
    /// A storage's name.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub storage: Option<StorageId>,
    /// A guest's name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// `running`, `stopped`, `online`, `offline`, `available`, `unknown`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub status: String,
    /// Whether it is a template.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub template: bool,
    /// Whether a storage is shared between nodes.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub shared: bool,
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    tags: String,
    /// A guest's pool.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub pool: Option<PoolId>,
    /// The task that has locked it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub lock: Option<String>,
    /// What a storage holds, as `images,rootdir`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content: Option<String>,
    /// A storage's type, as `zfspool`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub plugintype: Option<String>,
    /// Share of the processors in use, 0 to 1.
    #[serde(default, deserialize_with = "lenient::number")]
    pub cpu: Option<f64>,
    /// Processors.
    #[serde(default, deserialize_with = "lenient::number")]
    pub maxcpu: Option<f64>,
    /// Bytes of memory in use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub mem: Option<u64>,
    /// Bytes of memory.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub maxmem: Option<u64>,
    /// Bytes of disk in use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub disk: Option<u64>,
    /// Bytes of disk.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub maxdisk: Option<u64>,
    /// Seconds since the start.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub uptime: Option<u64>,
}

/// The firewall of the whole cluster.
#[derive(Debug, Clone, Deserialize)]
pub struct ClusterFirewall {
    /// Whether it is on; without it the rules of guests do nothing.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub enable: bool,
    /// What happens to what comes in and fits no rule.
    #[serde(default, deserialize_with = "lenient::text")]
    pub policy_in: Option<String>,
}

impl Client {
    /// Quorum and nodes. Needs `Sys.Audit` on `/`.
    ///
    /// # Errors
    /// As any request.
    pub async fn cluster_status(&self) -> Result<ClusterStatus> {
        let rows: Vec<StatusRow> = self.rows(Call::new(&routes::CLUSTER_STATUS)).await?;
        let cluster = rows.iter().find(|row| row.kind == "cluster");
        let nodes = rows.iter().filter(|row| row.kind == "node");
        Ok(ClusterStatus {
            name: cluster.and_then(|row| row.name.clone()),
            quorate: cluster.is_none_or(|row| row.quorate.unwrap_or(false)),
            nodes: nodes
                .filter_map(|row| Some((row.name.as_ref()?.parse().ok()?, row.online)))
                .collect(),
        })
    }

    /// Every guest that the token may see, of all nodes, in one request.
    ///
    /// # Errors
    /// As any request; a row that is not understood fails the whole list, lest a guest be taken for gone.
    pub async fn guests(&self) -> Result<Vec<GuestRow>> {
        let rows: Vec<Resource> = self
            .rows(Call::new(&routes::RESOURCES).set("type", "vm"))
            .await?;
        rows.into_iter()
            .filter(|row| row.kind == "lxc" || row.kind == "qemu")
            .map(Resource::into_guest)
            .collect()
    }

    /// Every node and its storages that the token may see.
    ///
    /// # Errors
    /// As any request.
    pub async fn resources(&self) -> Result<Vec<Resource>> {
        self.rows(Call::new(&routes::RESOURCES)).await
    }

    /// The lowest free number. It is not reserved: another may take it before it is used.
    ///
    /// # Errors
    /// As any request.
    pub async fn next_id(&self) -> Result<Vmid> {
        self.get(Call::new(&routes::NEXT_ID)).await
    }

    /// Whether a number is free at this moment. It is not reserved.
    ///
    /// # Errors
    /// As any request.
    pub async fn is_free(&self, vmid: Vmid) -> Result<bool> {
        match self
            .done(Call::new(&routes::NEXT_ID).set("vmid", vmid))
            .await
        {
            Ok(()) => Ok(true),
            Err(error) if error.is_taken() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The options of `datacenter.cfg`, as they are.
    ///
    /// # Errors
    /// As any request.
    pub async fn cluster_options(&self) -> Result<Value> {
        self.get(Call::new(&routes::CLUSTER_OPTIONS)).await
    }

    /// Whether the cluster's firewall is on.
    ///
    /// # Errors
    /// As any request.
    pub async fn cluster_firewall(&self) -> Result<ClusterFirewall> {
        self.get(Call::new(&routes::CLUSTER_FIREWALL)).await
    }
}

impl Resource {
    /// A guest's tags.
    #[must_use]
    pub fn tags(&self) -> Tags {
        Tags::of_config(&self.tags)
    }

    fn into_guest(self) -> Result<GuestRow> {
        let tags = self.tags();
        let kind = if self.kind == "lxc" {
            GuestKind::Lxc
        } else {
            GuestKind::Qemu
        };
        let (Some(vmid), Some(node)) = (self.vmid, self.node) else {
            return Err(Error::new(
                Kind::BadAnswer,
                text::guest_without_place(&self.id),
            ));
        };
        Ok(GuestRow {
            kind,
            vmid,
            node,
            tags,
            name: self.name,
            status: self.status,
            template: self.template,
            pool: self.pool,
            lock: self.lock,
            cpu: self.cpu,
            maxcpu: self.maxcpu,
            mem: self.mem,
            maxmem: self.maxmem,
            disk: self.disk,
            maxdisk: self.maxdisk,
            uptime: self.uptime,
        })
    }
}
