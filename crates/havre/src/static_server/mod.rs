//! `havre __static`: Havre's own static file server, run inside guests. One thread, a small memory.

mod args;
mod cache;
mod paths;
mod run;

pub use run::run;
