//! `havre doctor`: what Havre needs of this machine, and the cure for what is missing.

mod check;
mod database;
mod disk;
mod network;
mod run;
mod sandbox;
mod schema;
mod server;
mod tools;

pub use check::{Check, State};
pub use run::{run, shown};
