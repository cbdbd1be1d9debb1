//! The cluster as people see it: its machines and guests, from a short cache, and the guests of others as records.

mod cache;
mod sync;

use std::sync::Arc;
use std::time::Duration;

use domain::NodeName;
use domain::ports::{Cluster, ClusterError, ClusterGuest, ClusterNode};
use tokio::sync::Mutex;

use cache::Cached;
pub use sync::{Skipped, Synced, SyncedGuest};

use crate::facade::{Engine, Refusal};
use crate::text;

/// How long an answer is shown again.
const FRESH: Duration = Duration::from_secs(3);
/// How long the cluster may take for one.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is known of the cluster for a moment.
pub(crate) struct View {
    port: Option<Arc<dyn Cluster>>,
    nodes: Cached<Vec<ClusterNode>>,
    guests: Cached<Vec<ClusterGuest>>,
    /// One import at a time.
    import: Mutex<()>,
}

impl View {
    pub fn of(port: Option<Arc<dyn Cluster>>) -> Self {
        Self {
            port,
            nodes: Cached::new(FRESH),
            guests: Cached::new(FRESH),
            import: Mutex::new(()),
        }
    }

    fn port(&self) -> Result<&Arc<dyn Cluster>, Refusal> {
        self.port.as_ref().ok_or(Refusal::NoCluster)
    }

    async fn nodes(&self) -> Result<Arc<Vec<ClusterNode>>, Refusal> {
        let port = self.port()?;
        let nodes = self.nodes.get(in_time(port.nodes())).await;
        Ok(nodes?)
    }

    async fn guests(&self) -> Result<Arc<Vec<ClusterGuest>>, Refusal> {
        let port = self.port()?;
        let guests = self.guests.get(in_time(port.guests())).await;
        Ok(guests?)
    }
}

async fn in_time<T>(
    asked: impl Future<Output = Result<T, ClusterError>>,
) -> Result<T, ClusterError> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(ClusterError::Unavailable(
            text::NO_ANSWER_IN_TIME.to_owned(),
        )),
    }
}

impl Engine {
    /// True when a cluster is set up.
    pub fn has_cluster(&self) -> bool {
        self.ctx.cluster.port.is_some()
    }

    /// The machines of the cluster, at most a few seconds old.
    pub async fn cluster_nodes(&self) -> Result<Arc<Vec<ClusterNode>>, Refusal> {
        self.ctx.cluster.nodes().await
    }

    /// Every guest of the cluster, at most a few seconds old.
    pub async fn cluster_guests(&self) -> Result<Arc<Vec<ClusterGuest>>, Refusal> {
        self.ctx.cluster.guests().await
    }

    /// The guests of one machine of the cluster.
    pub async fn cluster_guests_on(&self, node: &NodeName) -> Result<Vec<ClusterGuest>, Refusal> {
        let nodes = self.cluster_nodes().await?;
        if !nodes.iter().any(|there| there.node == node.as_str()) {
            let names = nodes.iter().map(|there| there.node.as_str());
            return Err(ClusterError::NoNode(text::no_node(node, names)).into());
        }
        let all = self.cluster_guests().await?;
        let mine = all.iter().filter(|guest| guest.node == *node);
        Ok(mine.cloned().collect())
    }

    /// Takes the guests that others made into the list as records, brings those that are there up to date, and marks those
    /// whose guests are gone. Nothing is done to any guest. Asked twice at once, the second begins when the first is done.
    pub async fn cluster_sync(&self) -> Result<Synced, Refusal> {
        let view = &self.ctx.cluster;
        let port = view.port()?;
        let _turn = view.import.lock().await;
        let guests = in_time(port.guests()).await?;
        let synced = sync::sync(self.store().as_ref(), port.as_ref(), guests).await?;
        self.ctx.ring();
        Ok(synced)
    }
}
