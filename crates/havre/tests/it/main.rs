//! Tests of the binary: what a user types and sees, and the whole way of a deploy on the real sandbox.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail and speak as tests do"
)]

mod arrows;
mod cli;
mod cluster;
mod database;
mod e2e;
mod harness;
mod refusals;
mod serve;
mod server;
mod static_files;
