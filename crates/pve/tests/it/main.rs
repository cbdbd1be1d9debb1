//! The client seen from outside: on the wire against a server of a few lines, and beside the emulator.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod emulator;
mod fake;
mod hostile;
mod login;
mod requests;
mod retries;
mod tasks;
mod trust;
mod upload;
