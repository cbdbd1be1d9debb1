//! Reaching a database within a bounded time, and saying precisely what is in the way.

mod error;
mod file;
mod in_use;
mod mysql;
mod network_fs;
mod postgres;
mod reach;
mod room;
mod run;
mod server;
mod sort;
#[cfg(test)]
mod tests;

pub use error::{DialError, DialKind};
pub use in_use::in_use;
pub(crate) use network_fs::network_filesystem;
pub use run::probe;
pub(crate) use run::{Dialed, Need, Way, dial};
pub use server::{Server, Version};
pub(crate) use sort::sorted;
