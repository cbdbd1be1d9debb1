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
pub mod keys;
mod labels;
mod nonce;
mod notebook;
mod observe;
mod sweep;
mod site;
mod service;
mod room;
mod report;
mod reach;
mod places;
mod patience;
mod params;
mod network;
mod look;
mod keep;
mod guest;
mod driver;
pub mod doors;
pub mod placement;
pub mod privileges;
pub mod settings;

pub use base::os::is_known_template;
pub use config::{ProxmoxConfig, ProxmoxLimits};
pub use driver::ProxmoxDriver;
pub use settings::ClusterSettings;
