//! The row of a new guest: which base, which node, which number. Nothing is asked of the cluster but to show itself.

use domain::guest::GuestSpec;
use domain::ports::DriverError;
use pve::NodeName;

use crate::proxmox::base::name::BaseName;
use crate::proxmox::base::{find, make};
use crate::proxmox::details::{BaseStage, GuestDetails, GuestStage};
use crate::proxmox::notebook::{BaseNote, GuestNote};
use crate::proxmox::placement::{self, Need};
use crate::proxmox::places;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// Tries of finding a base that is not retired in between.
const TRIES: usize = 3;

/// Chooses, and writes the row down.
pub async fn plan(site: &Site, spec: &GuestSpec) -> Result<GuestNote, DriverError> {
    let name: BaseName = spec
        .base
        .as_str()
        .parse()
        .map_err(|_| text::foreign_base(&spec.base))?;
    for _ in 0..TRIES {
        let (base, node) = base_and_node(site, spec, &name).await?;
        let note = site
            .notebook
            .claim(spec.id.as_str(), &details(spec, &base, node)?, &[])
            .await?;
        // A base is retired first and removed only when no row names it: seen ready now, it stays.
        if is_ready(site, &base.owner).await? {
            return Ok(note);
        }
        site.notebook.erase(&note.owner).await?;
    }
    Err(DriverError::Transient(text::base_takes_long(
        &name.to_string(),
    )))
}

/// Whether a base can be cloned still.
pub async fn is_ready(site: &Site, owner: &str) -> Result<bool, DriverError> {
    let base: Option<BaseNote> = site.notebook.find(owner).await?;
    Ok(base.is_some_and(|base| base.details.stage == BaseStage::Ready))
}

async fn base_and_node(
    site: &Site,
    spec: &GuestSpec,
    name: &BaseName,
) -> Result<(BaseNote, NodeName), DriverError> {
    let bases = find::ready(site, name).await?;
    let places = places::of(site, &bases).await?;
    let need = need(spec)?;
    let node = placement::choose(&places, &need)?.node.clone();
    if let Some(base) = find::on(&bases, &node) {
        return Ok((base.clone(), node));
    }
    // The base is old and gone, or lives on a node that is full: it is made where the guest goes.
    let base = make::again(site, name, &node, &|_| {}).await?;
    Ok((base, node))
}

/// What the guest takes of a node.
fn need(spec: &GuestSpec) -> Result<Need, DriverError> {
    Ok(Need {
        memory: u64::from(spec.resources.memory) << 20,
        disk: u64::from(spec.resources.disk) << 30,
        node: places::wished(spec.node.as_ref())?,
    })
}

fn details(spec: &GuestSpec, base: &BaseNote, node: NodeName) -> Result<GuestDetails, DriverError> {
    let key = base.details.host_key.clone();
    Ok(GuestDetails {
        spec: spec.clone(),
        node,
        base: base.owner.clone(),
        base_key: key
            .ok_or_else(|| DriverError::Transient(text::base_takes_long(&base.details.name)))?,
        stage: GuestStage::Planned,
        fixed: None,
        own_key: None,
        pinned: false,
        confirmed: None,
        port: None,
        made_at: None,
        started: false,
        abandoned: Vec::new(),
    })
}
