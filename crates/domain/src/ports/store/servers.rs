//! The servers that share a database, and where the guests of a deployment live.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreResult;
use crate::job::WorkerId;
use crate::{DeploymentId, PlaceId};

/// A server, as the others know it. One place has one: it is remembered after it stopped, so that a deployment there can
/// be told from one that is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRow {
    /// Its place: the data folder that holds its guests.
    pub place: PlaceId,
    /// Its process.
    pub worker: WorkerId,
    /// The name of its machine.
    pub name: String,
    /// Where its apps answer: `localhost:8080` stands for `http://LABEL.localhost:8080`.
    pub apps: String,
    /// Its version.
    pub version: String,
    /// When it began, UTC.
    pub started_at: DateTime<Utc>,
    /// When it counts as gone unless it is heard of again, UTC.
    pub seen_until: DateTime<Utc>,
    /// True while it uses the database.
    pub alive: bool,
}

/// Where the guests of a deployment live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// At this server, or where every server reaches them.
    Here,
    /// At another server: the one that was last seen at that place, if there ever was one.
    Elsewhere(Option<ServerRow>),
}

/// Servers. All times are the database's own. Where a database takes only one server nothing is written: the lock of its
/// file says who that is.
#[async_trait]
pub trait Servers: Send + Sync + 'static {
    /// The place of this server.
    fn place(&self) -> PlaceId;

    /// This server begins, and takes its place from whoever had it: by the one process that may use the data folder.
    async fn server_began(&self, worker: &WorkerId, ttl: Duration) -> StoreResult<()>;

    /// It is still there. False while another live server has its place, which happens when a data folder was copied:
    /// nothing may be done at that place then.
    async fn server_seen(&self, worker: &WorkerId, ttl: Duration) -> StoreResult<bool>;

    /// It stops in order.
    async fn server_left(&self, worker: &WorkerId) -> StoreResult<()>;

    /// Every server that is remembered, by name; at most 1,000.
    async fn servers(&self) -> StoreResult<Vec<ServerRow>>;

    /// Where the guests of a deployment live; of a record: here.
    async fn whereabouts(&self, deployment: &DeploymentId) -> StoreResult<Whereabouts>;
}
