//! The requests, one file per area.

pub mod access;
pub mod cluster;
pub mod config;
pub mod firewall;
pub mod guest;
pub mod lxc;
pub mod nodes;
pub mod pools;
pub mod qemu;
pub mod storage;
