//! Guests of a cluster that Havre did not make, as records in the list. They are shown; nothing is done to them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use async_trait::async_trait;

use super::StoreResult;
use crate::DeploymentKind;

/// A guest that somebody else made, as it is written into the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignGuest {
    /// Its number in the cluster.
    pub vmid: u32,
    /// VM or container.
    pub kind: DeploymentKind,
    /// Its name there, any text; cut to what the column holds. An empty one is made up from kind and number.
    pub name: String,
    /// Whether it runs; none when the cluster cannot tell: a record keeps its status then, a new one is `stopped`.
    pub running: Option<bool>,
    /// Its address; none when it is not known: a record of one that still runs keeps the address that it had.
    pub address: Option<IpAddr>,
    /// Its cores.
    pub cores: u32,
    /// Its memory in MiB.
    pub memory: u64,
    /// Its disk in GiB.
    pub disk: u64,
}

/// What became of a foreign guest in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It has a new record.
    Imported,
    /// Its record says now what the cluster says.
    Updated,
    /// Its record said so already.
    Same,
    /// A live deployment or record that was not made by this import has its number: nothing is written.
    Tracked,
}

/// A record whose guest is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The number that the guest had.
    pub vmid: u32,
    /// The name of the record.
    pub name: String,
}

/// Records of foreign guests.
#[async_trait]
pub trait Imports: Send + Sync + 'static {
    /// Takes guests into the list, in one transaction, at most 500; what became of each, in their order. A record that its
    /// user deleted comes back as a new one. A record that was deployed to since is not a guest of others any more and
    /// stays as it is.
    async fn guests_taken(&self, cluster: &str, guests: &[ForeignGuest])
    -> StoreResult<Vec<Taken>>;

    /// Marks the records of this cluster as deleted whose numbers are not `present`; those that changed, at most 1,000 a
    /// call: ask again until there are none.
    async fn guests_missing(
        &self,
        cluster: &str,
        present: &BTreeSet<u32>,
    ) -> StoreResult<Vec<Missing>>;
}
