//! What is done inside a guest of a cluster, over one SSH connection as root.
//!
//! A guest is a Debian or Ubuntu with systemd. Commands are transient units `havre-step-TAG`, the app is the unit
//! `havre-app`; both run as the user `app` in `/app`. Arguments, environments and secrets go by standard input into
//! files that only that user reads: neither a command line nor `systemctl show` has them.
//!
//! - [`Shell`] is what is needed of SSH; [`SshShell`] is the real one.
//! - [`Inside`] has everything that the driver does in one guest.
//!
//! What a command and the app have, as on this machine: `HOME=/tmp/home` (made when missing), `TMPDIR=/tmp`, `LANG=C.UTF-8`,
//! `USER=app`, a `PATH` that begins with `.venv/bin` and `node_modules/.bin` of their folder and of `/app`, and nothing of
//! systemd's. `/tmp` is on the disk; the app has one of its own, commands of one guest share theirs.
//!
//! Weaker than on this machine:
//! - Kept folders are copies: see [`Kept`].
//! - The journal takes no empty lines, and cuts lines at 48 KiB before they are cut at 16 KiB here.
//! - A full disk is found when a command fails on it, not before.
//! - Where control groups are of version 1, a frozen app is stopped process by process.
//! - After a switch between two guests that both run, what the older one wrote into kept folders meanwhile is lost.
//!
//! Every call may be made again after a cut: what is half-made is replaced, what is done is success. Calls that change the
//! app exclude each other in the guest itself.
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
