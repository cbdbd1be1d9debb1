//! Detection: from a source tree to a [`Plan`](domain::plan::Plan), with the reasons in words. Pure and bounded: the same
//! tree and wishes give the same answer, and no tree makes it panic, loop or read without end.
//!
//! A framework is one file in `frameworks/` and one line in its list. Evidence is weighed, never taken first come.

mod app;
mod catalogue;
mod config;
mod detect;
mod evidence;
mod finish;
mod frameworks;
mod index;
mod judge;
mod node;
mod procfile;
mod python;
mod shell;
mod text;
mod versions;
mod view;

pub use catalogue::{FrameworkInfo, frameworks};
pub use detect::detect;
pub use versions::satisfies;
