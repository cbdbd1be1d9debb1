//! The cluster as its owner sees it: all of its nodes and guests, whoever made them. Only looks.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use domain::DeploymentKind;
use domain::ports::{
    Cluster, ClusterError, ClusterGuest, ClusterNode, DriverError, Machines, Power,
};
use pve::{Client, GuestKind, GuestRow, Kind, Vmid};
use secrecy::SecretString;

use super::labels::OURS;
use super::settings::ClusterSettings;
use crate::text::proxmox as text;

/// Rows of the notebook in one page.
const PAGE: usize = 1000;

/// A way to look at a cluster.
pub struct ProxmoxCluster {
    name: String,
    client: Client,
    machines: Arc<dyn Machines>,
}

impl ProxmoxCluster {
    /// Opens it; nothing is asked yet.
    pub fn open(
        name: &str,
        settings: &ClusterSettings,
        secret: &SecretString,
        machines: Arc<dyn Machines>,
    ) -> Result<Self, DriverError> {
        let endpoint = settings
            .endpoint(secret, 1)
            .map_err(|bad| DriverError::other(text::READ_SETTINGS, bad))?;
        let client = Client::new(endpoint)
            .map_err(|error| DriverError::other(text::READ_SETTINGS, error))?;
        Ok(Self {
            name: name.to_owned(),
            client,
            machines,
        })
    }

    /// The numbers in our notebook.
    async fn ours(&self) -> Result<BTreeSet<u32>, ClusterError> {
        let mut all = BTreeSet::new();
        let mut after: Option<String> = None;
        loop {
            let page = self
                .machines
                .machines(&self.name, after.as_deref())
                .await
                .map_err(|error| ClusterError::Unavailable(error.to_string()))?;
            all.extend(page.iter().map(|machine| machine.vmid));
            match page.last() {
                Some(last) if page.len() >= PAGE => after = Some(last.owner.clone()),
                _ => return Ok(all),
            }
        }
    }
}

#[async_trait]
impl Cluster for ProxmoxCluster {
    fn name(&self) -> &str {
        &self.name
    }

    async fn nodes(&self) -> Result<Vec<ClusterNode>, ClusterError> {
        let resources = self.client.resources().await.map_err(told)?;
        let rows = self.client.nodes().await.map_err(told)?;
        let of = |name: &str| {
            resources.iter().find(|resource| {
                resource.kind == "node"
                    && resource
                        .node
                        .as_ref()
                        .is_some_and(|node| node.as_str() == name)
            })
        };
        let mut nodes: Vec<ClusterNode> = rows
            .into_iter()
            .map(|row| {
                let disk = of(row.node.as_str());
                ClusterNode {
                    node: row.node.to_string(),
                    status: row.status,
                    cpu: row.cpu,
                    maxcpu: row.maxcpu,
                    mem: row.mem,
                    maxmem: row.maxmem,
                    disk: disk.and_then(|resource| resource.disk),
                    maxdisk: disk.and_then(|resource| resource.maxdisk),
                    uptime: row.uptime,
                    level: None,
                    ssl_fingerprint: row.ssl_fingerprint.map(|shown| shown.to_string()),
                }
            })
            .collect();
        nodes.sort_by(|a, b| a.node.cmp(&b.node));
        Ok(nodes)
    }

    async fn guests(&self) -> Result<Vec<ClusterGuest>, ClusterError> {
        let ours = self.ours().await?;
        let rows = self.client.guests().await.map_err(told)?;
        let mut guests: Vec<ClusterGuest> =
            rows.iter().filter_map(|row| guest(row, &ours)).collect();
        guests.sort_by_key(|guest| guest.vmid);
        Ok(guests)
    }

    async fn address_of(&self, guest: &ClusterGuest) -> Result<Option<IpAddr>, ClusterError> {
        let (Ok(vmid), Ok(node)) = (Vmid::new(guest.vmid), guest.node.as_str().parse()) else {
            return Ok(None);
        };
        let kind = match guest.kind {
            DeploymentKind::Lxc => GuestKind::Lxc,
            DeploymentKind::Vm => GuestKind::Qemu,
        };
        match self.client.guest(kind, &node, vmid).interfaces().await {
            Ok(interfaces) => Ok(interfaces
                .iter()
                .flat_map(|interface| &interface.addresses)
                .find(|address| address.is_reachable())
                .map(|address| address.ip)),
            // A guest that is stopped, or a VM without an agent, tells none.
            Err(_) => Ok(None),
        }
    }
}

/// A row of the cluster; one on a node whose name is none is nothing that could be asked about.
fn guest(row: &GuestRow, ours: &BTreeSet<u32>) -> Option<ClusterGuest> {
    let vmid = row.vmid.get();
    Some(ClusterGuest {
        vmid,
        kind: match row.kind {
            GuestKind::Lxc => DeploymentKind::Lxc,
            GuestKind::Qemu => DeploymentKind::Vm,
        },
        node: row.node.as_str().parse().ok()?,
        name: row.name.clone().unwrap_or_default(),
        power: match row.status.as_str() {
            "running" => Power::Running,
            "stopped" => Power::Stopped,
            _ => Power::Unknown,
        },
        status: row.status.clone(),
        template: row.template,
        ours: ours.contains(&vmid) || row.tags.has(OURS),
        cores: row.maxcpu.unwrap_or_default(),
        cpu: row.cpu.unwrap_or_default(),
        memory: row.maxmem.unwrap_or_default(),
        disk: row.maxdisk.unwrap_or_default(),
        uptime: row.uptime.unwrap_or_default(),
    })
}

fn told(error: pve::Error) -> ClusterError {
    let what = error.to_string();
    match error.kind() {
        Kind::Credentials | Kind::MissingPrivilege { .. } | Kind::Untrusted { .. } => {
            ClusterError::Refused {
                what,
                cure: text::LOOK_AGAIN.to_owned(),
            }
        }
        Kind::Gone(pve::Missing::Node) => ClusterError::NoNode(what),
        _ => ClusterError::Unavailable(what),
    }
}
