//! The gateway over real sockets on loopback.

#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong in a test ends the test, helpers included"
)]

mod basics;
mod control;
mod framing;
mod handout;
mod headers;
mod limits;
mod persistence;
mod probe;
mod retry;
mod streams;
mod support;
mod swap;
