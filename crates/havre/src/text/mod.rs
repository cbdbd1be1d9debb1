//! Every sentence that the binary says.

mod client;
mod config;
mod db;
mod demo;
mod doctor;
mod doctor_db;
pub mod help;
pub mod help_db;
pub mod help_proxmox;
mod proxmox;
mod serve;

pub use client::*;
pub use config::*;
pub use db::*;
pub use demo::*;
pub use doctor::*;
pub use doctor_db::*;
pub use proxmox::*;
pub use serve::*;
