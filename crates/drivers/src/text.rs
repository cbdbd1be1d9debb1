//! Every sentence of this crate that a user reads, in one place.

pub mod guest;
pub mod inside;
pub mod logs;
pub mod place;
pub mod privileges;
pub mod proxmox;
pub mod toolchain;
