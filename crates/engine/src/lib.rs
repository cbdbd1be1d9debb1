//! The engine: takes a deploy, leads it through its steps, and keeps what runs running. It sees the database, the places
//! where guests live, the gateway and the source only through the ports of [`domain::ports`].

pub mod build_log;
mod facade;

pub use facade::{Engine, EngineConfig, Ports, Refusal};
