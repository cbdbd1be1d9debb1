//! The nodes of the cluster as the placement wants them.

use domain::ports::DriverError;
use futures_util::StreamExt;
use pve::NodeName;

use super::base::find;
use super::notebook::BaseNote;
use super::placement::Place;
use super::site::Site;

/// Nodes asked for their bridges at once.
const AT_ONCE: usize = 4;

/// Every node, with what of it is free and whether one of these bases is there.
pub async fn of(site: &Site, bases: &[BaseNote]) -> Result<Vec<Place>, DriverError> {
    let snapshot = site.inventory.look().await?;
    let settings = site.settings();
    let places = snapshot.nodes.iter().map(|node| {
        let disk = snapshot
            .storages
            .iter()
            .find(|room| room.node == node.node && room.storage == settings.disks && room.usable);
        let allowed = settings.allows(&node.node);
        let place = Place {
            node: node.node.clone(),
            online: node.online,
            allowed,
            // Not told: the node itself refuses what it has no room for.
            memory: node.memory.unwrap_or(u64::MAX),
            disk: disk.map(|room| room.free),
            bridge: None,
            base: find::on(bases, &node.node).is_some(),
        };
        async move {
            let asked = place.online && place.allowed;
            Place {
                bridge: match asked {
                    true => site.network.has_bridge(&place.node).await,
                    false => None,
                },
                ..place
            }
        }
    });
    let places: Vec<_> = places.collect();
    Ok(futures_util::stream::iter(places)
        .buffered(AT_ONCE)
        .collect()
        .await)
}

/// Whether the storage for disks is the same on all nodes.
pub async fn is_shared(site: &Site) -> Result<bool, DriverError> {
    let snapshot = site.inventory.look().await?;
    Ok(snapshot
        .storages
        .iter()
        .any(|room| room.storage == site.settings().disks && room.shared))
}

/// The node that was asked for, as the cluster writes it.
pub fn wished(node: Option<&domain::NodeName>) -> Result<Option<NodeName>, DriverError> {
    node.map(|node| node.as_str().parse())
        .transpose()
        .map_err(|bad: pve::BadName| DriverError::other("read the node of the deployment", bad))
}
