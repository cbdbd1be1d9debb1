//! Source code from Git: one commit of a repository as a plain folder, fetched by the git binary run as a limited child,
//! and that folder as detection reads it.
//!
//! What a repository can do to the server is what this crate guards against: [`git`] says how git is held, `listing` and
//! `links` which trees are refused.

mod config;
mod explain;
mod fetch;
mod git;
mod lfs;
mod links;
mod listing;
mod local;
mod port;
mod remote;
mod text;
mod tree;
mod work;

pub use config::{Caps, GitConfig, HostEnv, LocalGit};
pub use port::GitSource;
pub use tree::DiskTree;
