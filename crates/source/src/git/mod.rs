//! Git as a limited child: what it is told (`command`), how it is held (`hold`, `fence`), and how it is run (`run`).
//!
//! - Arguments only, never a shell; what comes from outside stands behind `--`.
//! - No configuration but ours, no hooks, templates, credential helpers or prompts; one protocol; secrets by environment.
//! - It may write in its work folder only (Landlock, where the kernel has it), and is bounded in processor time, memory,
//!   file size, open files, bytes written and wall time.
//! - It is a session of its own under a small supervisor: whoever dies, cancels or runs out of time takes every process
//!   of that session down.

mod command;
mod fence;
mod hold;
mod run;

pub(crate) use command::Git;
pub(crate) use run::{Cancel, Ended, Stop};
