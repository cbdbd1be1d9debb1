//! Which database: `DATABASE_URL` as SQLAlchemy reads it.

mod error;
mod mysql;
mod parts;
mod password;
mod postgres;
mod query;
mod server;
#[cfg(test)]
mod sqlalchemy;
mod sqlite;
#[cfg(test)]
mod tests;
mod which;

pub use error::BadTarget;
pub use password::Password;
pub use server::{Place, ServerTarget, Tls, TlsMode};
pub use which::DatabaseTarget;
