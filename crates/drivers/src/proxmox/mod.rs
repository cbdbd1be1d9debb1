//! The Proxmox driver: guests are containers and virtual machines of a Proxmox VE cluster.
//!
//! The cluster's side (this folder) makes, places, finds and removes machines by the API; `inside/` does over SSH what is
//! done in a machine.

pub mod artifacts;
pub mod base;
mod config;
pub mod details;
#[cfg(test)]
mod fake_machines;
mod fault;
pub mod inside;
mod inventory;
mod labels;
mod nonce;
mod notebook;
pub mod placement;
pub mod privileges;
pub mod settings;

pub use config::{ProxmoxConfig, ProxmoxLimits};
pub use settings::ClusterSettings;
