//! The engine: takes a deploy, leads it through its steps, and keeps what runs running. It sees the database, the places
//! where guests live, the gateway and the source only through the ports of [`domain::ports`].
//!
//! A deploy reads from top to bottom in [`deploy`]: its table of steps, each with what it does and how it is undone.

pub mod build_log;
mod cluster;
mod context;
mod deploy;
mod elsewhere;
mod error;
mod facade;
mod limits;
mod mask;
mod presence;
mod reconcile;
mod routes;
mod runner;
mod text;
mod trust;
mod waits;
mod work;

pub use cluster::{Skipped, Synced, SyncedGuest};
pub use detect::{FrameworkInfo, frameworks};
pub use facade::{Engine, EngineConfig, Ports, Refusal};
pub use reconcile::Orphan;
pub use waits::Waiting;
