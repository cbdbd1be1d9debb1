//! The port of the notebook that a cluster's driver keeps in the database: which number belongs to what, and what is
//! known of it. Numbers are unique per cluster there, so that two servers never take one twice.

use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::store::StoreResult;

/// What a machine of a cluster is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MachineKind {
    /// It is cloned into guests.
    Base,
    /// It is a guest.
    Guest,
}

impl MachineKind {
    /// The word as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Guest => "guest",
        }
    }
}

/// A container or VM that a driver made or is about to make: written down before the cluster is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Whose it is: a guest's id, or a name that the driver gives to a base. Unique. At most 190 characters.
    pub owner: String,
    /// The cluster, by the name of its settings.
    pub cluster: String,
    /// Its number, unique in the cluster.
    pub vmid: u32,
    /// What it is for.
    pub kind: MachineKind,
    /// What the driver knows of it: a JSON object that only the driver reads.
    pub details: serde_json::Value,
    /// Counts the changes of `details`: [`Machines::machine_noted`] is a compare-and-set.
    pub revision: u64,
}

/// Asks for a number.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whose it will be.
    pub owner: String,
    /// The cluster.
    pub cluster: String,
    /// What it is for.
    pub kind: MachineKind,
    /// The numbers that Havre may use.
    pub range: RangeInclusive<u32>,
    /// Numbers that were found to be somebody else's. At most 100.
    pub avoid: Vec<u32>,
    /// What is known of it at first.
    pub details: serde_json::Value,
}

/// Settings of a cluster, as set-up stored them.
#[derive(Debug, Clone)]
pub struct ClusterRow {
    /// Its name in Havre.
    pub name: String,
    /// A JSON object that only the driver and the set-up read.
    pub settings: serde_json::Value,
    /// The secret of its token; kept encrypted.
    pub secret: Option<SecretString>,
    /// Havre's own key for SSH, as OpenSSH text; kept encrypted.
    pub ssh_key: Option<SecretString>,
}

/// The notebook of a cluster's driver.
#[async_trait]
pub trait Machines: Send + Sync + 'static {
    /// The owner's machine; one that has none yet gets the lowest free number. One whose number is to be avoided gets
    /// another, and keeps its details. `None` when every number of the range is taken.
    async fn machine_claimed(&self, claim: &Claim) -> StoreResult<Option<Machine>>;

    /// The owner's machine.
    async fn machine(&self, owner: &str) -> StoreResult<Option<Machine>>;

    /// Machines of a cluster by owner, at most 1,000, those after `after`.
    async fn machines(&self, cluster: &str, after: Option<&str>) -> StoreResult<Vec<Machine>>;

    /// Replaces the details if nobody changed them since they were read; false when somebody did.
    async fn machine_noted(&self, machine: &Machine) -> StoreResult<bool>;

    /// Makes `holder` the only one that works on a machine for a while, by the database's clock; false while another one
    /// holds it. Holding again prolongs.
    async fn machine_held(&self, owner: &str, holder: &str, lasts: Duration) -> StoreResult<bool>;

    /// Ends a hold; not holding is success.
    async fn machine_let_go(&self, owner: &str, holder: &str) -> StoreResult<()>;

    /// Erases a machine that is gone from its cluster. Already gone is success.
    async fn machine_erased(&self, owner: &str) -> StoreResult<()>;

    /// The settings of a cluster.
    async fn cluster(&self, name: &str) -> StoreResult<Option<ClusterRow>>;

    /// Stores the settings of a cluster, in the place of earlier ones.
    async fn cluster_saved(&self, row: &ClusterRow) -> StoreResult<()>;
}
