//! Several engines on one database server, and a world that all of them reach.

pub mod database;
pub mod log;
pub mod process;
pub mod wire;
pub mod world;
