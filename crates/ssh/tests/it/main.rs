//! SSH against a real sshd, and against servers that misbehave.

mod commands;
mod copies;
mod ends;
mod forwards;
mod jumps;
mod keys;
mod pool;
mod pool_bounds;
mod rude;
mod rude_server;
mod sshd;
mod support;
