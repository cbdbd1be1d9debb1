//! What the server is told once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use api::FrameworkObject;

/// Settings of the server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where it listens; its address is a known `Host`.
    pub listen: SocketAddr,
    /// Further host names under which it may be asked, without port. Loopback names and addresses are always known.
    pub hosts: Vec<String>,
    /// The version of the binary.
    pub version: String,
    /// Framework key to what is shown of it; a deploy that names another one is refused.
    pub frameworks: BTreeMap<String, FrameworkObject>,
    /// True when `file://` repositories are admitted; for the words of the deploy page only.
    pub local_git: bool,
}

/// How long clients may take, and how long they are kept waiting.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The head of a request; idle connections end after it too.
    pub head: Duration,
    /// An ordinary request, reading its body included. Those that wait for a deploy or a destroy are not ordinary.
    pub request: Duration,
    /// A destroy: then the answer is 202 and it goes on.
    pub destroy: Duration,
    /// A start, stop or restart that a client waits for: then the answer is 202 and it goes on. Clients give up on a
    /// server that is silent for longer.
    pub work: Duration,
    /// Requests under way once the server goes down.
    pub last_requests: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            request: Duration::from_secs(30),
            destroy: Duration::from_secs(30),
            work: Duration::from_secs(60),
            last_requests: Duration::from_secs(10),
        }
    }
}
