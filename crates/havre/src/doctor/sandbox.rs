//! What the local driver offers here, found by really trying.

use super::check::Check;

/// The tier and how guests reach the network.
pub async fn checks() -> Vec<Check> {
    Vec::new()
}
