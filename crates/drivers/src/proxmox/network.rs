//! Bridges of nodes and the state of the cluster's firewall: they change rarely, so they are asked for once in a while.

use std::collections::HashMap;
use std::time::Duration;

use pve::{Client, NodeName};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::settings::NetworkSettings;

/// How long an answer is believed.
const LIVES: Duration = Duration::from_secs(120);

/// Asks for bridges and the firewall, and remembers.
pub struct Network {
    client: Client,
    settings: NetworkSettings,
    bridges: Mutex<HashMap<NodeName, (Instant, bool)>>,
    firewall: Mutex<Option<(Instant, bool)>>,
}

impl Network {
    /// Nothing is asked yet.
    pub fn new(client: Client, settings: NetworkSettings) -> Self {
        Self {
            client,
            settings,
            bridges: Mutex::default(),
            firewall: Mutex::default(),
        }
    }

    /// Whether a node has the bridge of the settings; none when it cannot be asked.
    pub async fn has_bridge(&self, node: &NodeName) -> Option<bool> {
        let mut known = self.bridges.lock().await;
        if let Some((since, has)) = known.get(node)
            && since.elapsed() < LIVES
        {
            return Some(*has);
        }
        match self.client.bridges(node).await {
            Ok(rows) => {
                let has = rows.iter().any(|row| row.iface == self.settings.bridge);
                known.insert(node.clone(), (Instant::now(), has));
                Some(has)
            }
            // A token that may use a bridge, and not list them, gets an answer all the same.
            Err(error) => {
                tracing::warn!(%node, %error, "bridges");
                None
            }
        }
    }

    /// Whether rules of guests do something: the settings want them, and the firewall is on in the datacenter. A token that
    /// may not ask writes them to be sure.
    pub async fn is_guarded(&self) -> bool {
        if !self.settings.firewall {
            return false;
        }
        let mut known = self.firewall.lock().await;
        if let Some((since, on)) = *known
            && since.elapsed() < LIVES
        {
            return on;
        }
        let on = match self.client.cluster_firewall().await {
            Ok(firewall) => firewall.enable,
            Err(error) => {
                tracing::debug!(%error, "the cluster's firewall");
                true
            }
        };
        *known = Some((Instant::now(), on));
        on
    }
}
