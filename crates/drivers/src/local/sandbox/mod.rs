//! The walls of a guest, built from inside by its first process: ids, mounts, `/etc`, `/dev`, capabilities, seccomp,
//! Landlock, rlimits.

mod caps;
mod dev;
mod etc;
mod ids;
mod landlock;
mod mounts;
mod rlimits;
mod root;
mod seccomp;
mod sources;
mod spot;

pub use caps::drop_all as drop_capabilities;
pub use ids::{become_app, write_maps};
pub use landlock::restrict as restrict_files;
pub use rlimits::apply as apply_rlimits;
pub use root::build as build_root;
pub use seccomp::apply as restrict_calls;
pub use sources::Sources;
