//! What is done inside a guest of a cluster, over one SSH connection as root.
//!
//! A guest is a Debian or Ubuntu with systemd. Commands are transient units `havre-step-TAG`, the app is the unit
//! `havre-app`; both run as the user `app` in `/app`. Arguments, environments and secrets go by standard input into
//! files that only that user reads: neither a command line nor `systemctl show` has them.
//!
//! - [`Shell`] is what is needed of SSH; [`SshShell`] is the real one.
//! - [`Inside`] has everything that the driver does in one guest.
//!
//! Nothing here knows of the cluster, of VMIDs or addresses.

mod app_end;
mod app_folder;
mod base;
mod enter;
mod files;
mod guest;
mod host_files;
mod journal;
mod kept;
mod launch;
mod lines;
mod logs;
mod look;
mod over_ssh;
mod pipe;
mod program;
mod service;
mod shell;
mod state;
mod step;
mod step_end;
mod unit;

pub use guest::{Boot, Inside, ServiceLimits, StepLimits};
pub use kept::Kept;
pub use over_ssh::SshShell;
pub use shell::{Exit, Hear, Input, Output, Said, Shell};
