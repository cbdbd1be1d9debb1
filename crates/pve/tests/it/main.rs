//! The client seen from outside: on the wire against a server of a few lines, and beside the emulator.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says when it skips"
)]

mod emulator;
mod everything;
mod fake;
mod hostile;
mod login;
mod requests;
mod retries;
mod tasks;
mod trust;
mod upload;
