//! The port of the health check: one HTTP request to a guest, past the gateway.

use std::time::Duration;

use async_trait::async_trait;

use crate::guest::Upstream;

/// One request of the health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRequest {
    /// Where the guest is.
    pub upstream: Upstream,
    /// Path and query, starting with `/`.
    pub path: String,
    /// The `Host` header: the deployment's own.
    pub host: String,
    /// The `X-Forwarded-Proto` header.
    pub proto: String,
    /// Given up after this long.
    pub timeout: Duration,
}

/// What the app answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The first 4 KiB of the body, as text: `DisallowedHost` can be told from it.
    pub body: String,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Nothing listens there.
    #[error("nothing listens on the port")]
    Refused,
    /// It took the connection and then said nothing.
    #[error("no answer in time")]
    TimedOut,
    /// It answered something that is not HTTP, or closed the connection.
    #[error("the answer was not HTTP: {0}")]
    NotHttp(String),
    /// The guest could not be reached.
    #[error("the guest could not be reached: {0}")]
    Unreachable(String),
}

/// Asks a guest over HTTP.
#[async_trait]
pub trait Probe: Send + Sync + 'static {
    /// Sends one `GET` and waits for the head of the answer.
    async fn probe(&self, request: &ProbeRequest) -> Result<ProbeAnswer, ProbeError>;
}
