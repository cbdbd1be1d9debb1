//! Making connections to guests.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use domain::guest::Upstream;
use tokio::net::TcpStream;

use super::handout;

/// Why a guest could not be connected to.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Nothing listens there.
    #[error("nothing listens there")]
    Refused,
    /// It took too long.
    #[error("no connection in time")]
    TimedOut,
    /// Anything else.
    #[error("{0}")]
    Unreachable(io::Error),
}

impl From<io::Error> for DialError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => DialError::Refused,
            io::ErrorKind::TimedOut => DialError::TimedOut,
            _ => DialError::Unreachable(error),
        }
    }
}

/// Connects to a guest, within `limit`.
pub async fn dial(upstream: &Upstream, limit: Duration) -> Result<TcpStream, DialError> {
    let connect = async {
        match upstream {
            Upstream::Tcp(address) => tcp(*address).await,
            Upstream::Handout(path) => handout::take(path).await,
        }
    };
    match tokio::time::timeout(limit, connect).await {
        Ok(stream) => stream,
        Err(_) => Err(DialError::TimedOut),
    }
}

async fn tcp(address: SocketAddr) -> Result<TcpStream, DialError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
