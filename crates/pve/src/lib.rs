//! A client of the Proxmox VE API, for versions 8 and 9: small, typed, and careful about what may have happened.
//!
//! [`Client::new`] takes an [`Endpoint`]. Requests about the cluster, its nodes and storages are methods of [`Client`], those
//! about a container or VM are methods of [`Guest`]. What takes long answers with a [`Upid`], which [`Client::finish`] waits for.
//! Every failure is an [`Error`] with a [`Kind`]; [`Error::is_ambiguous`] means: look before you send it again.

mod api;
mod call;
mod client;
mod endpoint;
mod error;
mod lenient;
mod names;
mod props;
mod route;
mod routes;
mod text;
mod tls;
mod wire;
mod words;

#[cfg(test)]
mod tests;

pub use api::access::{Permissions, Version};
pub use api::cluster::{ClusterFirewall, ClusterStatus, GuestRow, Resource};
pub use api::config::{GuestConfig, PendingRow};
pub use api::firewall::{FirewallOptions, Net, Policy, PortRule, RuleKind, RuleRow};
pub use api::guest::{
    Address, Cloning, Feature, Guest, GuestKind, GuestStatus, Interface, SnapshotRow,
};
pub use api::nodes::{
    Amount, Appliance, BridgeRow, NodeRow, NodeStatus, StorageRow, TaskRow, TaskSource,
};
pub use api::pools::{PoolMember, PoolRow};
pub use api::storage::{Checksum, Content, Download, Sum, Uploadable, VolumeRow};
pub use api::{lxc, qemu};
pub use client::{Client, Sent, StorageTurn, TaskEnd};
pub use endpoint::{Auth, BaseUrl, Endpoint, Fingerprint, Limits, Tls};
pub use error::{Asked, Conflict, Error, Kind, Missing, Result};
pub use names::{
    BadName, Bridge, ConfigKey, FileName, HostName, NodeName, PoolId, SnapName, StorageId, Tag,
    Tags, TokenId, Upid, UserId, Vmid, Volid,
};
pub use props::{
    Agent, BadOption, BootOrder, Disk, DiskSize, DiskSource, Features, Ip4, Ip6, IpConfig, LxcNet,
    Mac, MountPoint, NetModel, QemuNet, Resize, SshKey, SshKeys, Startup,
};
pub use secrecy::SecretString;
pub use wire::fingerprint_of;
