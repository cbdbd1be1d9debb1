//! One connection and what goes over it.

mod behind;
mod channel;
mod config;
mod connect;
mod copy;
mod dial;
mod exec;
mod forward;
mod line;
mod live;
mod run;
mod watcher;

pub use forward::Forward;
pub use live::Session;
pub use run::{Bounds, Captured, Exit, Output};

pub(crate) use exec::Exec;
pub(crate) use run::COMPLAINTS;
