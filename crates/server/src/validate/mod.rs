//! Validation of what users send: pure functions from JSON to parsed values, or to every problem at once.

mod change;
mod deploy;
mod env;
mod health;
mod problem;
mod resources;
mod tags;

pub(crate) use change::{ChangeInput, read_change};
pub(crate) use deploy::is_falsy;
pub use deploy::{DeployInput, Present, validate_deploy};
pub(crate) use env::read_patch;
pub use problem::Problem;
pub(crate) use resources::{Wanted, complete};
pub(crate) use tags::read_update;
