//! How a connection to a server is set up: what is known before it ([`postgres`], [`mysql`]) and what is said first on it
//! ([`session`]); and one to a file that may be a stranger's ([`guest`]).

mod mysql;
mod postgres;
mod session;
mod sqlite;

pub(crate) use mysql::mysql;
pub(crate) use postgres::postgres;
pub(crate) use session::session;
pub(crate) use sqlite::guest;

/// Statements that a connection keeps prepared.
const PREPARED: usize = 64;
