//! The gateway over real sockets on loopback.

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
