//! SSH against a real sshd, and against servers that misbehave.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stdout,
    reason = "a test that cannot run says so, and one that measures says what"
)]

mod commands;
mod copies;
mod ends;
mod figures;
mod forwards;
mod jumps;
mod keys;
mod pool;
mod pool_bounds;
mod rude;
mod rude_server;
mod sshd;
mod support;
