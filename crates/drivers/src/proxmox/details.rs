//! What the notebook holds of a machine: written before the cluster is asked, so that a crash at any line is found again.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use domain::guest::GuestSpec;
use pve::{NodeName, StorageId};
use serde::{Deserialize, Serialize};

/// What is known of a guest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuestDetails {
    /// As the engine ordered it. Its id is the nonce in the machine's description.
    pub spec: GuestSpec,
    /// The node it was last seen on.
    pub node: NodeName,
    /// The base it is cloned from, by its owner in the notebook.
    pub base: String,
    /// The host key of that base: what the machine shows at first.
    pub base_key: String,
    /// How far making it has come.
    pub stage: GuestStage,
    /// Its address when it is one of our range.
    #[serde(default)]
    pub fixed: Option<IpAddr>,
    /// Its own host key, `ssh-ed25519 AAAA…`: written down before the machine uses it.
    #[serde(default)]
    pub own_key: Option<String>,
    /// True once the machine has shown its own key: from then on no other is believed.
    #[serde(default)]
    pub pinned: bool,
    /// The address at which the machine last showed its key.
    #[serde(default)]
    pub confirmed: Option<Confirmed>,
    /// The port of the app: known from its first start on.
    #[serde(default)]
    pub port: Option<u16>,
    /// When the machine became a guest, UTC.
    #[serde(default)]
    pub made_at: Option<DateTime<Utc>>,
    /// Whether the app is meant to run.
    #[serde(default)]
    pub started: bool,
    /// Numbers that were given up, with what may be left there.
    #[serde(default)]
    pub abandoned: Vec<u32>,
}

/// How far making a guest has come. What a stage says has happened has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestStage {
    /// Nothing was asked of the cluster, or it is not known what became of it.
    Planned,
    /// The clone is there.
    Cloned,
    /// It is configured and has its size.
    Configured,
    /// It runs, and showed its own host key.
    Reached,
    /// Its app folder is there: it is a guest.
    Ready,
    /// It is being removed.
    Ending,
}

/// An address at which a machine has shown its host key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The address.
    pub address: IpAddr,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// How long the machine had run then, in seconds, by the cluster.
    pub uptime: u64,
}

/// What is known of a base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaseDetails {
    /// Its name, [`super::base::name::BaseName`] as text.
    pub name: String,
    /// The node it is on.
    pub node: NodeName,
    /// The storage its disk is on.
    pub storage: StorageId,
    /// Whether that storage is the same on all nodes.
    pub shared: bool,
    /// The nonce in its description.
    pub nonce: String,
    /// Which try of making this base this is, for this place.
    pub generation: u32,
    /// How far making it has come.
    pub stage: BaseStage,
    /// When it became ready, UTC.
    #[serde(default)]
    pub made_at: Option<DateTime<Utc>>,
    /// The host key that its clones show at first.
    #[serde(default)]
    pub host_key: Option<String>,
    /// The versions found in it: `python 3.11.2`.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Whether its clones share its disk.
    #[serde(default)]
    pub linked: bool,
    /// Numbers that were given up, with what may be left there.
    #[serde(default)]
    pub abandoned: Vec<u32>,
}

/// How far making a base has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseStage {
    /// It is being made.
    Making,
    /// All is in it, and it is shut down.
    Filled,
    /// It can be cloned.
    Ready,
    /// It is not to be cloned any more, and removed once no clone is left.
    Retired,
}
