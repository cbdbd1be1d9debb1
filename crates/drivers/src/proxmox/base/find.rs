//! Bases in the notebook.

use std::time::Duration;

use domain::ports::DriverError;
use pve::NodeName;

use super::name::BaseName;
use crate::proxmox::details::{BaseDetails, BaseStage};
use crate::proxmox::notebook::BaseNote;
use crate::proxmox::site::Site;

/// The bases of this name that can be cloned, the newest of each place.
pub async fn ready(site: &Site, name: &BaseName) -> Result<Vec<BaseNote>, DriverError> {
    let mut all = all_ready(site).await?;
    let name = name.to_string();
    all.retain(|base| base.details.name == name);
    Ok(all)
}

/// Every base that can be cloned and is not too old, the newest of each place.
pub async fn all_ready(site: &Site) -> Result<Vec<BaseNote>, DriverError> {
    let mut all: Vec<BaseNote> = site.notebook.all::<BaseDetails>().await?;
    all.retain(|base| base.details.stage == BaseStage::Ready && !is_old(site, base));
    all.retain(|base| base.details.storage == site.settings().disks);
    all.sort_by_key(|base| std::cmp::Reverse(base.details.generation));
    let mut newest: Vec<BaseNote> = Vec::new();
    for base in all {
        let is_same = |other: &BaseNote| is_same_place(&base.details, &other.details);
        if !newest.iter().any(is_same) {
            newest.push(base);
        }
    }
    Ok(newest)
}

/// Whether a base is older than bases may be.
pub fn is_old(site: &Site, base: &BaseNote) -> bool {
    let Some(made_at) = base.details.made_at else {
        return false;
    };
    let age = (site.clock().now() - made_at).to_std();
    age.unwrap_or(Duration::ZERO) >= site.limits().base_age
}

/// Whether two bases are the same but for their generation.
pub fn is_same_place(one: &BaseDetails, other: &BaseDetails) -> bool {
    one.name == other.name
        && one.storage == other.storage
        && (one.node == other.node || (one.shared && other.shared))
}

/// The base that a guest on this node can be cloned from.
pub fn on<'a>(bases: &'a [BaseNote], node: &NodeName) -> Option<&'a BaseNote> {
    let here = bases.iter().find(|base| base.details.node == *node);
    here.or_else(|| bases.iter().find(|base| base.details.shared))
}
