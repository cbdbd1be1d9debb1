//! Fetches from real repositories, with the real git.

#![expect(
    clippy::unwrap_used,
    reason = "what a test needs is there, or the test fails"
)]

mod bounds;
mod death;
mod hostile;
mod http;
mod local;
mod refs;
mod support;
mod surroundings;
mod tls;
