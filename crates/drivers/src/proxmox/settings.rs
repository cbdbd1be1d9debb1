//! What Havre knows of a cluster: chosen in the set-up, stored as JSON in the database, read by the driver.

mod addresses;
mod endpoint;

use std::ops::RangeInclusive;
use std::path::PathBuf;

use pve::{Bridge, NodeName, PoolId, StorageId, TokenId, UserId};
use serde::{Deserialize, Serialize};

pub use addresses::{AddressPlan, AddressRange, BadRange};
pub use endpoint::BadSettings;

/// A cluster as the set-up stored it. Holds no secret: that of the token and Havre's SSH key are stored beside it,
/// encrypted. Fields that are missing in older settings have their defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterSettings {
    /// The API, as `https://pve1.example:8006`.
    pub url: String,
    /// Who asks.
    pub auth: AuthId,
    /// Which server is trusted.
    pub tls: TlsChoice,
    /// The pool that every machine of ours is made in; its ACL is what lets the token do so.
    #[serde(default)]
    pub pool: Option<PoolId>,
    /// Numbers that Havre may give to machines.
    #[serde(default)]
    pub vmids: VmidRange,
    /// Where disks of machines go.
    pub disks: StorageId,
    /// Where container templates are, and where one is downloaded to.
    pub templates: StorageId,
    /// Where cloud images are; none: where the templates are.
    #[serde(default)]
    pub images: Option<StorageId>,
    /// How machines reach the network.
    pub network: NetworkSettings,
    /// The only nodes to use; empty: all.
    #[serde(default)]
    pub nodes: Vec<NodeName>,
    /// The container template that bases are made from, as a volume (`local:vztmpl/FILE`) or a part of its file's name;
    /// none: the newest Debian or Ubuntu that is there.
    #[serde(default)]
    pub template: Option<String>,
    /// The cloud image that bases of VMs are made from, as a volume (`local:import/FILE`) or a part of its name; or the
    /// number of a VM template.
    #[serde(default)]
    pub image: Option<String>,
    /// Guests are reached through this machine.
    #[serde(default)]
    pub jump: Option<JumpHost>,
    /// How much is asked of the cluster at once.
    #[serde(default)]
    pub concurrency: Concurrency,
}

/// Who asks; the secret is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthId {
    /// An API token, as `havre@pve!deploy`.
    Token(TokenId),
    /// A user with a password: the fallback.
    User(UserId),
}

/// Which server is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsChoice {
    /// Those whose certificate has one of these SHA-256 fingerprints, `AA:BB:…`.
    Fingerprints(Vec<String>),
    /// Those that an authority of this PEM file signed.
    CaFile(PathBuf),
    /// Those that the system's authorities vouch for.
    System,
    /// Any. Every status page says so.
    AcceptAny,
}

/// Numbers of machines, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmidRange {
    /// The first, at least 100.
    pub first: u32,
    /// The last.
    pub last: u32,
}

impl Default for VmidRange {
    fn default() -> Self {
        Self {
            first: 20_000,
            last: 29_999,
        }
    }
}

impl VmidRange {
    /// The numbers.
    pub fn numbers(self) -> RangeInclusive<u32> {
        self.first..=self.last
    }
}

/// How machines reach the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSettings {
    /// The bridge or SDN vnet that they are attached to.
    pub bridge: Bridge,
    /// The VLAN, 1 to 4094.
    #[serde(default)]
    pub vlan: Option<u16>,
    /// Whether the network card asks for the cluster's firewall, and rules are written for it. Without effect while the
    /// firewall is off in the datacenter.
    #[serde(default)]
    pub firewall: bool,
    /// How machines get their addresses.
    pub addresses: AddressPlan,
}

/// A machine that SSH goes through, for guests that cannot be reached directly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JumpHost {
    /// Its name or address.
    pub host: String,
    /// Its SSH port.
    #[serde(default = "ssh_port")]
    pub port: u16,
    /// The user there; Havre's public key must be in its `authorized_keys`.
    pub user: String,
    /// Its ed25519 host key as `ssh-ed25519 AAAA…`, learned in the set-up.
    pub host_key: String,
}

fn ssh_port() -> u16 {
    22
}

/// How much is asked of the cluster at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Concurrency {
    /// Requests under way.
    pub requests: usize,
    /// Clones and creations per storage: more fail on its lock.
    pub per_storage: usize,
    /// Guests that are looked into over SSH.
    pub looks: usize,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self {
            requests: 4,
            per_storage: 1,
            looks: 16,
        }
    }
}

impl ClusterSettings {
    /// Whether machines may be put on this node.
    pub fn allows(&self, node: &NodeName) -> bool {
        self.nodes.is_empty() || self.nodes.contains(node)
    }

    /// Where cloud images are.
    pub fn image_storage(&self) -> &StorageId {
        self.images.as_ref().unwrap_or(&self.templates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_an_older_set_up_are_read_with_defaults() {
        let settings: ClusterSettings = serde_json::from_value(serde_json::json!({
            "url": "https://pve1:8006",
            "auth": {"token": "havre@pve!deploy"},
            "tls": {"fingerprints": ["AA"]},
            "disks": "local-zfs",
            "templates": "local",
            "network": {"bridge": "vmbr0", "addresses": "dhcp"}
        }))
        .unwrap();
        assert_eq!(settings.vmids.numbers(), 20_000..=29_999);
        assert_eq!(settings.concurrency, Concurrency::default());
        assert_eq!(settings.image_storage().as_str(), "local");
        assert!(settings.allows(&"any".parse().unwrap()));
        let back = serde_json::to_value(&settings).unwrap();
        assert_eq!(
            serde_json::from_value::<ClusterSettings>(back).unwrap(),
            settings
        );
    }
}
