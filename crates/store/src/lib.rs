//! The databases of Havre: schema, migrations, queries. The only crate that knows SQL. [`Database`] is the port
//! `domain::ports::Store`; its methods are whole transactions.

mod accept;
pub mod admin;
mod breaker;
mod clusters;
mod database;
mod deployments;
mod dial;
mod dialect;
mod error;
mod events;
#[cfg(test)]
mod faults;
mod guests;
mod home;
mod jobs;
mod key;
mod leaders;
mod lock;
mod machines;
mod migrate;
#[cfg(test)]
#[path = "../tests/it/other.rs"]
#[expect(dead_code, reason = "the contract suite uses all of it")]
mod other;
#[cfg(test)]
mod plans;
mod pools;
pub mod portable;
pub mod records;
mod releases;
mod reserve;
mod rows;
pub mod schema;
mod secrets;
mod servers;
mod sql;
mod target;
#[cfg(test)]
#[path = "../tests/it/servers.rs"]
#[expect(dead_code, reason = "the contract suite uses all of it")]
mod test_servers;
mod text;
mod tx;
mod vault;

pub use database::{Database, Opening};
pub use dial::{DialError, DialKind, Server, Version, in_use, probe};
pub use dialect::Dialect;
pub use error::OpenError;
pub use home::Home;
pub use key::{KeyError, SecretKey};
pub use migrate::MigrateError;
pub use pools::TimeSource;
pub use records::{NewRecord, Record, RecordChange, Records};
pub use target::{BadTarget, DatabaseTarget, Password, Place, ServerTarget, Tls, TlsMode};
