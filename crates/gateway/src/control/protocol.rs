//! The messages of the control socket.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use domain::HostLabel;
use domain::guest::Upstream;
use domain::ports::{Route, Table};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::metrics::Counters;

/// The version of the protocol; raised when an old gateway could misunderstand a new controller.
pub const VERSION: u32 = 1;

/// The longest message in bytes: a table of some 50,000 routes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The version of the sender.
    pub v: u32,
    /// What is asked. Read only once the version is known to be ours.
    #[serde(flatten)]
    pub call: Call,
}

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Call {
    /// Sets or removes one route.
    Set {
        /// The label.
        label: HostLabel,
        /// The route; none removes it.
        route: Option<Route>,
    },
    /// Replaces all routes.
    Replace {
        /// All routes.
        table: Table,
    },
    /// Waits for the end of what is in flight to a replaced guest, then cuts the rest.
    Drain {
        /// The guest.
        upstream: Upstream,
        /// At most this long, in milliseconds.
        limit_ms: u64,
    },
    /// Asks how the gateway stands.
    Status,
}

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done.
    Done,
    /// Drained; this many were cut.
    Drained(u64),
    /// How the gateway stands.
    Status(Box<Status>),
    /// Refused, with the reason.
    Refused(String),
}

/// How a gateway stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its process.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// Where clients connect to.
    pub listen: SocketAddr,
    /// Apps are served at `LABEL.base_domain`.
    pub base_domain: String,
    /// How long it has been running.
    pub uptime: Duration,
    /// How many routes it has.
    pub routes: usize,
    /// Requests in flight to guests now, WebSockets included.
    pub in_flight: u64,
    /// Client connections now.
    pub connections: usize,
    /// What happened since its start.
    pub counters: Counters,
}

/// Reads one line; none at the end of the stream.
pub async fn read_line(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = from.take(LONGEST).read_until(b'\n', &mut line).await?;
    if read == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(line))
}

/// Writes one message as a line.
pub async fn write_line(
    to: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    to.flush().await
}
