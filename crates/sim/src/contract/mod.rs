//! Contract suites: what every implementation of a port owes its caller, to be run on each.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod machines;
