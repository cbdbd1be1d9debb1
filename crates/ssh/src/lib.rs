//! Commands and files on another machine, over SSH. Knows nothing of deployments.
//!
//! - [`ClientKey`], [`HostKey`], [`HostKeyPair`]: ed25519 keys, nothing else is spoken.
//! - [`Target`]: who is reached, with which key, whose host key is believed, and through which jump hosts.
//! - [`Session`]: one connection. Commands ([`Session::run`], [`Session::stream`]), gigabytes ([`Session::download`],
//!   [`Session::upload`]) and TCP connections behind it ([`Session::forward`]).
//! - [`Pool`]: what callers normally use: sessions are shared, found dead, made again and closed when idle.
//!
//! What must be known to use it:
//! - SSH carries one string, so the arguments are quoted for a POSIX shell and run by `exec`; see [`Session::run`].
//! - Dropping a future closes its channel; **the remote process may live on**. End it by a name of its own.
//! - After [`SshError::Lost`] with [`Ran::Maybe`], and after [`SshError::TooLong`], the command may have run.
//! - In one connection a reader that does not read holds back all its channels; [`Pool`] therefore gives downloads
//!   and forwards connections of their own.

mod command;
mod error;
mod key;
mod pool;
mod session;
mod target;
mod text;

pub use error::{Ran, SshError, Unreachable};
pub use key::{ClientKey, HostKey, HostKeyPair, KeyError};
pub use pool::{Lease, Pool, PoolLimits, PoolStats};
pub use session::{Bounds, Captured, Exit, Forward, Output, Session};
pub use target::{Host, HostError, Target, Timeouts, Trust};
