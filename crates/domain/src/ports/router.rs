//! The port of the gateway: the table of routes.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::HostLabel;
use crate::guest::Upstream;

/// Where requests for one host label go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The name as the user wrote it, for the pages.
    pub name: String,
    /// What becomes of a request.
    #[serde(flatten)]
    pub state: RouteState,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RouteState {
    /// It goes to a guest.
    Serving {
        /// The guest.
        upstream: Upstream,
    },
    /// The first release is on its way: a page that says so, 503.
    Deploying,
    /// Stopped by its user: a page that says so, 503.
    Stopped,
    /// Failed: a page that says so, 503.
    Failed,
}

/// The whole table: one entry per live managed deployment.
pub type Table = BTreeMap<HostLabel, Route>;

/// Why the gateway did not take a table.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// It is not running or does not answer; worth trying again.
    #[error("the gateway does not answer: {0}")]
    Unavailable(String),
    /// It refused.
    #[error("the gateway refused: {0}")]
    Refused(String),
}

/// The gateway as the engine sees it.
#[async_trait]
pub trait Router: Send + Sync + 'static {
    /// Sets one route, or removes it. When this returns, every new request takes the new route; requests in flight
    /// finish where they are. Setting what is set already is success.
    async fn set(&self, label: &HostLabel, route: Option<Route>) -> Result<(), RouterError>;

    /// Replaces the whole table: after a restart of controller or gateway.
    async fn replace(&self, table: &Table) -> Result<(), RouterError>;

    /// Waits until no request is in flight to this guest any more, at most `limit`; then cuts what is left. Returns how
    /// many were cut.
    async fn drain(&self, upstream: &Upstream, limit: Duration) -> Result<usize, RouterError>;
}
