//! The Proxmox driver: guests are containers and virtual machines of a Proxmox VE cluster.
//!
//! The cluster's side (this folder) makes, places, finds and removes machines by the API; `inside/` does over SSH what is
//! done in a machine.

pub mod artifacts;
pub mod inside;
