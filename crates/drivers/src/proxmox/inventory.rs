//! What the cluster shows of all nodes, storages and guests: one request, remembered for a moment, shared by all who ask.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::DriverError;
use pve::{Client, GuestKind, NodeName, Resource, StorageId};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::fault::During;
use crate::text::proxmox as text;

/// A guest of the cluster, whoever made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Container or VM.
    pub kind: GuestKind,
    /// Where it is.
    pub node: NodeName,
    /// Its name.
    pub name: Option<String>,
    /// How it stands.
    pub power: Power,
    /// Whether our tag is on it.
    pub ours: bool,
    /// Seconds since it was started.
    pub uptime: u64,
}

/// How a machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
    /// Its node is away.
    Unknown,
}

/// The room of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRoom {
    /// Its name.
    pub node: NodeName,
    /// Whether it is online.
    pub online: bool,
    /// Free memory in bytes; none where the token may not know it (`Sys.Audit` on the node).
    pub memory: Option<u64>,
}

/// The room of a storage on a node.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageRoom {
    /// Its name.
    pub storage: StorageId,
    /// The node that sees it.
    pub node: NodeName,
    /// Whether all nodes see the same volumes.
    pub shared: bool,
    /// Whether it can be used.
    pub usable: bool,
    /// Free bytes.
    pub free: u64,
}

/// What the cluster showed at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Guests by number.
    pub guests: BTreeMap<u32, Seen>,
    /// Nodes.
    pub nodes: Vec<NodeRoom>,
    /// Storages, once per node.
    pub storages: Vec<StorageRoom>,
}

/// Asks the cluster, and remembers the answer.
pub struct Inventory {
    client: Client,
    lives: Duration,
    last: Mutex<Option<(Instant, Arc<Snapshot>)>>,
}

impl Inventory {
    /// Remembers an answer for so long.
    pub fn new(client: Client, lives: Duration) -> Self {
        Self {
            client,
            lives,
            last: Mutex::default(),
        }
    }

    /// What the cluster shows, at most so old. Callers that come while it is asked wait for the same answer.
    ///
    /// # Errors
    /// When the cluster does not answer, or with what cannot be understood.
    pub async fn look(&self) -> Result<Arc<Snapshot>, DriverError> {
        let mut last = self.last.lock().await;
        if let Some((since, known)) = &*last
            && since.elapsed() < self.lives
        {
            return Ok(Arc::clone(known));
        }
        let rows = self.client.resources().await.during(text::LOOK)?;
        let fresh = Arc::new(read(rows)?);
        *last = Some((Instant::now(), Arc::clone(&fresh)));
        Ok(fresh)
    }

    /// What the cluster shows now.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub async fn look_now(&self) -> Result<Arc<Snapshot>, DriverError> {
        self.stale().await;
        self.look().await
    }

    /// Forgets the answer: something was changed.
    pub async fn stale(&self) {
        *self.last.lock().await = None;
    }
}

/// Reads the rows. A guest without a number or a node is a fault of the whole answer: it must not be taken for gone.
fn read(rows: Vec<Resource>) -> Result<Snapshot, DriverError> {
    let mut snapshot = Snapshot::default();
    for row in rows {
        match row.kind.as_str() {
            "lxc" | "qemu" => {
                let (vmid, seen) = guest(&row)?;
                snapshot.guests.insert(vmid, seen);
            }
            "node" => snapshot.nodes.extend(node(&row)),
            "storage" => snapshot.storages.extend(storage(&row)),
            _ => {}
        }
    }
    Ok(snapshot)
}

fn guest(row: &Resource) -> Result<(u32, Seen), DriverError> {
    let (Some(vmid), Some(node)) = (row.vmid, row.node.clone()) else {
        return Err(DriverError::Transient(text::odd_row(&row.id)));
    };
    let power = match row.status.as_str() {
        "running" | "paused" => Power::Running,
        "stopped" => Power::Stopped,
        _ => Power::Unknown,
    };
    let seen = Seen {
        kind: if row.kind == "lxc" {
            GuestKind::Lxc
        } else {
            GuestKind::Qemu
        },
        node,
        name: row.name.clone(),
        power,
        ours: row.tags().has(super::labels::OURS),
        uptime: row.uptime.unwrap_or(0),
    };
    Ok((vmid.get(), seen))
}

fn node(row: &Resource) -> Option<NodeRoom> {
    Some(NodeRoom {
        node: row.node.clone()?,
        online: row.status == "online",
        memory: row
            .maxmem
            .map(|most| most.saturating_sub(row.mem.unwrap_or(0))),
    })
}

fn storage(row: &Resource) -> Option<StorageRoom> {
    Some(StorageRoom {
        storage: row.storage.clone()?,
        node: row.node.clone()?,
        shared: row.shared,
        usable: row.status == "available",
        free: row
            .maxdisk
            .unwrap_or(0)
            .saturating_sub(row.disk.unwrap_or(0)),
    })
}
