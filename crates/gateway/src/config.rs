//! What a gateway is told at its start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of one gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where clients connect to; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The unix socket of the controller. Made with mode 0600, its folder (if missing) with 0700. One gateway each.
    pub control: PathBuf,
    /// The file of the last table.
    pub state: PathBuf,
    /// Apps are served at `LABEL.base_domain`.
    pub base_domain: String,
    /// The bounds.
    pub limits: Limits,
}

/// The bounds of a gateway: every wait ends, nothing grows without end.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Client connections at once; more are answered 503 and closed. Lowered when the process may not open enough files.
    pub connections: usize,
    /// Bytes of the head of one request; more is answered 431.
    pub head_bytes: usize,
    /// Bytes buffered per connection and direction.
    pub buffer_bytes: usize,
    /// How long a client may take for one request head, the idle time before it included.
    pub head: Duration,
    /// How long a client may go without sending or taking a byte in the middle of a message.
    pub client_stall: Duration,
    /// How long a connection to a guest may take.
    pub connect: Duration,
    /// How long an app may take from the end of the request to the head of its answer.
    pub response: Duration,
    /// How long an answer or a WebSocket may be silent.
    pub stream_idle: Duration,
    /// How long requests in flight may go on once the gateway is told to stop.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            head_bytes: 32 * 1024,
            buffer_bytes: 64 * 1024,
            head: Duration::from_secs(30),
            client_stall: Duration::from_secs(30),
            connect: Duration::from_secs(5),
            response: Duration::from_secs(60),
            stream_idle: Duration::from_secs(600),
            shutdown: Duration::from_secs(10),
        }
    }
}
