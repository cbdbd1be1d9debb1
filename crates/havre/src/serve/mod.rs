//! `havre serve`: wires the parts together and keeps them running.

mod data_dir;
mod listen;
mod logging;
mod notify;
mod signals;

pub use logging::start as start_logging;
pub use signals::Signals;
