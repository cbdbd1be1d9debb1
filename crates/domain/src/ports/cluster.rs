//! The port of a whole cluster, for people who look at it and for taking what others made there into the list. It only
//! looks: nothing in it changes a guest.

use std::net::IpAddr;

use async_trait::async_trait;

use crate::{DeploymentKind, NodeName};

/// A machine of the cluster, in the fields of Proxmox VE's `GET /nodes`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterNode {
    /// Its name. As the cluster wrote it, for showing: what is sent back goes through [`NodeName`].
    pub node: String,
    /// `online`, `offline` or `unknown`, as the cluster says.
    pub status: String,
    /// Share of its processors in use, 0 to 1; none while it is away.
    pub cpu: Option<f64>,
    /// Its logical processors.
    pub maxcpu: Option<u64>,
    /// Memory in use, bytes.
    pub mem: Option<u64>,
    /// Its memory, bytes.
    pub maxmem: Option<u64>,
    /// Its root disk in use, bytes.
    pub disk: Option<u64>,
    /// Its root disk, bytes.
    pub maxdisk: Option<u64>,
    /// Seconds since it started.
    pub uptime: Option<u64>,
    /// Its support level, often empty.
    pub level: Option<String>,
    /// The SHA-256 fingerprint of its certificate, as the cluster writes it.
    pub ssl_fingerprint: Option<String>,
}

/// How a guest of the cluster stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Power {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
    /// The cluster cannot tell: its machine is away.
    Unknown,
}

/// A container or VM of the cluster, whoever made it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterGuest {
    /// Its number, unique in the cluster.
    pub vmid: u32,
    /// What it is: `qemu` is a VM, `lxc` a container.
    pub kind: DeploymentKind,
    /// The machine that it is on.
    pub node: NodeName,
    /// Its name as written there: any text, shown but never used; empty where it has none.
    pub name: String,
    /// How it stands.
    pub power: Power,
    /// The word of the cluster for it: `running`, `stopped`, `paused`, …
    pub status: String,
    /// It is a template: cloned, never run.
    pub template: bool,
    /// Havre made it: its number stands in our notebook (see [`Machines`](super::Machines)), or it carries our tag. When in
    /// doubt true, since only a false one is taken into the list as somebody else's.
    pub ours: bool,
    /// The processors it may use.
    pub cores: f64,
    /// The share of them in use, 0 to 1.
    pub cpu: f64,
    /// The memory it may use, bytes.
    pub memory: u64,
    /// The disk it may use, bytes.
    pub disk: u64,
    /// Seconds since it started; 0 while it is stopped.
    pub uptime: u64,
}

/// Why the cluster did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// It refused: wrong token, or a privilege that is missing. What is refused, and the cure.
    #[error("{what}")]
    Refused {
        /// What is refused.
        what: String,
        /// What to do.
        cure: String,
    },
    /// It has no such node, or the node is away: the text says which.
    #[error("{0}")]
    NoNode(String),
    /// It does not answer now; worth asking again.
    #[error("{0}")]
    Unavailable(String),
}

/// A cluster, as its owner sees it. Every method asks anew; the caller caches.
#[async_trait]
pub trait Cluster: Send + Sync + 'static {
    /// Its name in Havre, as in the settings and the notebook of [`Machines`](super::Machines).
    fn name(&self) -> &str;

    /// Its machines, by name. One request, whatever their number.
    async fn nodes(&self) -> Result<Vec<ClusterNode>, ClusterError>;

    /// Every guest that the token may see on all machines, templates and ours included, by number. A number of requests
    /// that does not grow with theirs.
    async fn guests(&self) -> Result<Vec<ClusterGuest>, ClusterError>;

    /// The address of one guest, as the cluster knows it; none for one that has none, or whose machine cannot tell. One or
    /// two requests.
    async fn address_of(&self, guest: &ClusterGuest) -> Result<Option<IpAddr>, ClusterError>;
}
