//! Whether the cluster has room for a build or a guest.

use domain::ports::DriverError;

use super::placement::{self, Need};
use super::places;
use super::site::Site;

/// The least that a guest takes: memory and disk of the smallest container.
const MEMORY: u64 = 256 << 20;
const DISK: u64 = 5 << 30;

/// Refuses when no node has room for the smallest guest.
pub async fn check(site: &Site) -> Result<(), DriverError> {
    let places = places::of(site, &[]).await?;
    let need = Need {
        memory: MEMORY,
        disk: DISK,
        node: None,
    };
    placement::choose(&places, &need).map(drop)
}
