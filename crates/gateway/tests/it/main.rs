//! The gateway over real sockets on loopback.

mod basics;
mod support;
