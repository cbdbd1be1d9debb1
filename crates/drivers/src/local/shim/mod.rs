//! The process outside that belongs to one running guest: makes it, holds its limits, its log and its way out, starts a
//! crashed app again, and takes everything with it when it ends.

mod clock;
mod command;
mod control;
mod disk;
mod entry;
mod guest;
mod held;
mod lock;
mod pump;
mod restart;
mod service;
pub mod state;

pub use entry::{GUEST_COMMAND, guest_main};
