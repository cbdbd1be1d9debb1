//! How a connection to a server is set up: what is known before it ([`postgres`], [`mysql`]) and what is said first on it
//! ([`session`]).

mod mysql;
mod postgres;
mod session;

pub(crate) use mysql::mysql;
pub(crate) use postgres::postgres;
pub(crate) use session::session;

/// Statements that a connection keeps prepared.
const PREPARED: usize = 64;
