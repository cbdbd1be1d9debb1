//! Drivers: the places where guests live, behind [`domain::ports::Driver`].

pub mod local;
pub mod proxmox;
mod text;
