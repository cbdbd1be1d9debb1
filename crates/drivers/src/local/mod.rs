//! The local driver: guests are sandboxes on this machine, made of namespaces, cgroups, seccomp and Landlock.

pub mod logs;
pub mod net;
pub mod toolchain;
