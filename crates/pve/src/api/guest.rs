//! A guest, container or VM: what both can do, by the same names.

mod life;
mod net;
mod snapshots;

use serde::Deserialize;

pub use net::{Address, Interface};
pub use snapshots::SnapshotRow;

use super::config::{GuestConfig, PendingRow};
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::names::{HostName, NodeName, PoolId, SnapName, StorageId, Tags, Vmid};
use crate::route::Route;
use crate::words::words;
use crate::{lenient, routes};

words! {
    /// What a guest is.
    GuestKind, "kind of guest", {
        /// A container.
        Lxc = "lxc",
        /// A virtual machine.
        Qemu = "qemu",
    }
}

words! {
    /// What a guest's storage can do.
    Feature, "feature of a storage", {
        /// Snapshots.
        Snapshot = "snapshot",
        /// Linked clones.
        Clone = "clone",
        /// Full clones.
        Copy = "copy",
    }
}

/// The state of a guest.
#[derive(Debug, Clone, Deserialize)]
pub struct GuestStatus {
    /// `running` or `stopped`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub status: String,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// The task that has locked it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub lock: Option<String>,
    /// Whether it is a template.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub template: bool,
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    tags: String,
    /// Seconds since it was started; 0 when stopped. A value that fell means another start.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub uptime: Option<u64>,
    /// Share of its processors in use, 0 to 1.
    #[serde(default, deserialize_with = "lenient::number")]
    pub cpu: Option<f64>,
    /// Its processors.
    #[serde(default, deserialize_with = "lenient::number")]
    pub cpus: Option<f64>,
    /// Bytes of memory in use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub mem: Option<u64>,
    /// Bytes of memory it may use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub maxmem: Option<u64>,
    /// Bytes of its disk in use.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub disk: Option<u64>,
    /// Bytes of its disk.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub maxdisk: Option<u64>,
    /// A VM: whether its configuration has the agent on.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub agent: bool,
    /// A VM: `running`, `paused`, `prelaunch`, …
    #[serde(default, deserialize_with = "lenient::text")]
    pub qmpstatus: Option<String>,
}

impl GuestStatus {
    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> Tags {
        Tags::of_config(&self.tags)
    }
}

/// A copy of a guest.
#[derive(Debug, Clone)]
pub struct Cloning {
    /// The new guest's number.
    pub newid: Vmid,
    /// The new guest's name.
    pub name: Option<HostName>,
    /// `Some(true)` a full copy; `Some(false)` or `None` a linked one, when the source is a template.
    pub full: Option<bool>,
    /// Where a full copy goes; not allowed for a linked one.
    pub storage: Option<StorageId>,
    /// The snapshot that is copied. A running container can be copied from a snapshot only.
    pub snapshot: Option<SnapName>,
    /// The new guest's pool.
    pub pool: Option<PoolId>,
    /// The node of the new guest; the source must be on a shared storage.
    pub target: Option<NodeName>,
    /// The new guest's notes. Put the nonce here: it is there from the first moment.
    pub description: Option<String>,
}

impl Cloning {
    /// A copy under this number, with nothing else said.
    #[must_use]
    pub fn to(newid: Vmid) -> Cloning {
        Cloning {
            newid,
            name: None,
            full: None,
            storage: None,
            snapshot: None,
            pool: None,
            target: None,
            description: None,
        }
    }
}

/// One guest on one node. Made by [`Client::guest`]; nothing is asked until a method is called.
#[derive(Debug, Clone)]
pub struct Guest {
    pub(crate) client: Client,
    pub(crate) kind: GuestKind,
    pub(crate) node: NodeName,
    pub(crate) vmid: Vmid,
}

/// The same request of both kinds.
pub(crate) struct Pair(pub(crate) &'static Route, pub(crate) &'static Route);

impl Client {
    /// A guest of this kind and number on a node.
    #[must_use]
    pub fn guest(&self, kind: GuestKind, node: &NodeName, vmid: Vmid) -> Guest {
        Guest {
            client: self.clone(),
            kind,
            node: node.clone(),
            vmid,
        }
    }
}

impl Guest {
    /// Container or VM.
    #[must_use]
    pub fn kind(&self) -> GuestKind {
        self.kind
    }

    /// Where it is.
    #[must_use]
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// Its number.
    #[must_use]
    pub fn vmid(&self) -> Vmid {
        self.vmid
    }

    /// A request about it.
    pub(crate) fn call(&self, pair: &Pair) -> Call {
        let route = match self.kind {
            GuestKind::Lxc => pair.0,
            GuestKind::Qemu => pair.1,
        };
        Call::new(route).at(&self.node).at(&self.vmid)
    }

    /// Its state now.
    ///
    /// # Errors
    /// As any request; [`crate::Error::is_guest_gone`] when it is not on that node.
    pub async fn status(&self) -> Result<GuestStatus> {
        self.client
            .get(self.call(&Pair(&routes::LXC_STATUS, &routes::QEMU_STATUS)))
            .await
    }

    /// Its configuration, with what waits for the next start.
    ///
    /// # Errors
    /// As any request; [`crate::Error::is_guest_gone`] when it is not on that node.
    pub async fn config(&self) -> Result<GuestConfig> {
        self.client
            .get(self.call(&Pair(&routes::LXC_CONFIG, &routes::QEMU_CONFIG)))
            .await
    }

    /// The configuration it runs with.
    ///
    /// # Errors
    /// As any request.
    pub async fn running_config(&self) -> Result<GuestConfig> {
        self.client
            .get(
                self.call(&Pair(&routes::LXC_CONFIG, &routes::QEMU_CONFIG))
                    .flag("current", true),
            )
            .await
    }

    /// Its options, with what waits for the next start.
    ///
    /// # Errors
    /// As any request.
    pub async fn pending(&self) -> Result<Vec<PendingRow>> {
        self.client
            .rows(self.call(&Pair(&routes::LXC_PENDING, &routes::QEMU_PENDING)))
            .await
    }

    /// Whether its storages can do this, as it is or in a snapshot.
    ///
    /// # Errors
    /// As any request.
    pub async fn can(&self, feature: Feature, snapshot: Option<&SnapName>) -> Result<bool> {
        #[derive(Deserialize)]
        struct Has {
            #[serde(rename = "hasFeature", default, deserialize_with = "lenient::flag")]
            has: bool,
        }
        let call = self.call(&Pair(&routes::LXC_FEATURE, &routes::QEMU_FEATURE));
        let has: Has = self
            .client
            .get(call.set("feature", feature).maybe("snapname", snapshot))
            .await?;
        Ok(has.has)
    }
}
