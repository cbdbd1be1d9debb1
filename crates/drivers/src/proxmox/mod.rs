//! The Proxmox driver: guests are containers and virtual machines of a Proxmox VE cluster.
//!
//! The cluster's side (this folder) makes, places, finds and removes machines by the API; `inside/` does over SSH what is
//! done in a machine.

pub mod artifacts;
pub mod base;
mod cluster;
mod config;
pub mod details;
pub mod doors;
mod driver;
#[cfg(test)]
mod fake_machines;
mod fault;
mod guest;
pub mod inside;
mod inventory;
mod keep;
pub mod keys;
mod labels;
mod look;
mod network;
mod nonce;
mod notebook;
mod observe;
mod params;
mod patience;
pub mod placement;
mod places;
pub mod privileges;
mod reach;
mod report;
mod room;
mod service;
pub mod settings;
mod site;
mod sweep;

pub use base::os::is_known_template;
pub use cluster::ProxmoxCluster;
pub use config::{ProxmoxConfig, ProxmoxLimits};
pub use driver::ProxmoxDriver;
pub use settings::ClusterSettings;
