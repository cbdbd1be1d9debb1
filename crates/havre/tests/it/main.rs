//! Tests of the binary: what a user types and sees, and the whole way of a deploy on the real sandbox.

mod arrows;
mod cli;
mod harness;
mod static_files;
