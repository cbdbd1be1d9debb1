//! The side of the guests: backends, their connections, and how these are made.

mod backend;
mod connection;
mod dial;
mod handout;
mod io;
mod pool;

pub use backend::{Backend, InFlight};
pub use connection::{Connection, SendFailure};
pub use dial::{DialError, dial};
pub use io::{GuestIo, Traffic};
pub use pool::SWEEP;
