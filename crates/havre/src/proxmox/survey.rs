//! What a cluster offers, as the token sees it.

use std::collections::BTreeMap;

use pve::{
    BridgeRow, Client, Content, Feature, Guest, GuestKind, NodeRow, PoolRow, StorageRow, Version,
    VolumeRow,
};

/// What a storage can do with a guest's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Can {
    /// Linked clones of a template.
    pub clone: bool,
    /// Snapshots.
    pub snapshot: bool,
}

/// What a guest on a storage was told. Only a template is told truly whether its clones can be linked.
#[derive(Debug, Clone, Copy)]
struct Told {
    clone: Option<bool>,
    snapshot: bool,
}

/// A storage with what it can.
pub struct StorageSeen {
    /// As the node tells it.
    pub row: StorageRow,
    /// None where no guest lies on it that could be asked; then its type tells.
    told: Option<Told>,
}

/// What a cluster offers. Lists are those of the first node that answers, but for the nodes themselves.
pub struct Survey {
    /// Its version.
    pub version: Version,
    /// Whether it has its quorum; none where the token may not see that.
    pub quorate: Option<bool>,
    /// Its nodes.
    pub nodes: Vec<NodeRow>,
    /// Its storages.
    pub storages: Vec<StorageSeen>,
    /// Its bridges and vnets.
    pub bridges: Vec<BridgeRow>,
    /// Its pools.
    pub pools: Vec<PoolRow>,
    /// Container templates, by storage.
    pub templates: Vec<VolumeRow>,
    /// Cloud images, by storage.
    pub images: Vec<VolumeRow>,
}

/// Asks for everything. Only the version must be there: what the token may not see is left empty.
pub async fn look(client: &Client) -> pve::Result<Survey> {
    let version = client.version().await?;
    let nodes = client.nodes().await?;
    let quorate = client
        .cluster_status()
        .await
        .ok()
        .map(|status| status.quorate);
    let mut survey = Survey {
        version,
        quorate,
        pools: client.pools().await.unwrap_or_default(),
        storages: Vec::new(),
        bridges: Vec::new(),
        templates: Vec::new(),
        images: Vec::new(),
        nodes,
    };
    let online = survey.nodes.iter().find(|node| node.is_online());
    let Some(node) = online.map(|node| node.node.clone()) else {
        return Ok(survey);
    };
    survey.bridges = client.bridges(&node).await.unwrap_or_default();
    let mut told = abilities(client).await;
    for row in client.storages(&node, None).await.unwrap_or_default() {
        for (content, found) in [
            (Content::Vztmpl, &mut survey.templates),
            (Content::Import, &mut survey.images),
        ] {
            if row.active && row.holds(content) {
                let volumes = client.content(&node, &row.storage, Some(content)).await;
                found.extend(volumes.unwrap_or_default());
            }
        }
        let told = told.remove(row.storage.as_str());
        survey.storages.push(StorageSeen { row, told });
    }
    Ok(survey)
}

/// How many guests are asked what their storage can do.
const ASKED: usize = 20;

/// What one guest of each storage was told; templates are asked first.
async fn abilities(client: &Client) -> BTreeMap<String, Told> {
    let mut known = BTreeMap::new();
    let mut guests = client.guests().await.unwrap_or_default();
    guests.sort_by_key(|row| !row.template);
    for row in guests.iter().take(ASKED) {
        let guest = client.guest(row.kind, &row.node, row.vmid);
        let Ok(config) = guest.config().await else {
            continue;
        };
        let disk = match row.kind {
            GuestKind::Lxc => config.text("rootfs"),
            GuestKind::Qemu => config.text("scsi0").or_else(|| config.text("virtio0")),
        };
        let Some((storage, _)) = disk.and_then(|disk| disk.split_once(':')) else {
            continue;
        };
        if !known.contains_key(storage)
            && let Ok(told) = ask(&guest, row.template).await
        {
            known.insert(storage.to_owned(), told);
        }
    }
    known
}

async fn ask(guest: &Guest, template: bool) -> pve::Result<Told> {
    let clone = match template {
        true => Some(guest.can(Feature::Clone, None).await?),
        false => None,
    };
    Ok(Told {
        clone,
        snapshot: guest.can(Feature::Snapshot, None).await?,
    })
}

impl StorageSeen {
    /// What it can: as a guest on it was told, else by its type, as Proxmox VE's documentation of storage types has it.
    pub fn can(&self) -> Can {
        let thin = matches!(
            self.row.kind.as_str(),
            "zfspool" | "lvmthin" | "rbd" | "btrfs"
        );
        Can {
            clone: self.told.and_then(|told| told.clone).unwrap_or(thin),
            snapshot: self.told.map_or(thin, |told| told.snapshot),
        }
    }
}
