//! Why a gateway cannot run.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a gateway cannot run; the sentences say what to do.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Another gateway holds the control socket.
    #[error(
        "another gateway already runs with the control socket {0}. Stop it first, or use another data directory"
    )]
    AlreadyRunning(PathBuf),
    /// The address for clients cannot be bound.
    #[error(
        "the gateway cannot listen on {address}: {source}. Choose another address with --gateway, or stop what uses it"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The control socket cannot be made.
    #[error("the gateway cannot make its control socket {path}: {source}")]
    Control {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The last table cannot be read, for another reason than that there is none.
    #[error("the gateway cannot read its table {path}: {source}")]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
