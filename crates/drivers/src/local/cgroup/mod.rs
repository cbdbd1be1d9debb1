//! Control groups, both versions: what a guest may use, how it is frozen and how all of it is killed.

mod group;
mod place;
mod v1;
mod v2;

pub use group::Group;
pub use place::{Placement, find};
