//! `havre demo`: the example apps, deployed from Git repositories through the ordinary API.

mod apps;
mod ask;
mod deploy;
mod report;
mod repository;
mod run;
mod server;

pub use run::run;
