//! The guests that others made, as records in the list.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use domain::DeploymentKind;
use domain::ports::{
    Cluster, ClusterGuest, ForeignGuest, Missing, Power, Store, StoreError, Taken,
};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;

use crate::facade::Refusal;
use crate::text;

/// More guests than this are not taken: a cluster of this size is not looked at in a list.
const MOST: usize = 10_000;
/// Guests written in one transaction.
const CHUNK: usize = 100;
/// Addresses asked for at once.
const AT_ONCE: usize = 4;
/// One address may take this long.
const ADDRESS: Duration = Duration::from_secs(3);
/// All of them together; who was not asked by then has none, or the one of the time before.
const ADDRESSES: Duration = Duration::from_secs(20);
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A guest in the answer to an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncedGuest {
    /// Its number.
    pub vmid: u32,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DeploymentKind,
    /// Its address, where it is known.
    pub address: Option<IpAddr>,
}

/// A guest that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its number.
    pub vmid: u32,
    /// Its name.
    pub name: String,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// These have a new record.
    pub imported: Vec<SyncedGuest>,
    /// The records of these say something new.
    pub updated: Vec<SyncedGuest>,
    /// These were in the list already, as they are.
    pub skipped: Vec<Skipped>,
    /// The guests of these records are gone.
    pub deleted: Vec<Missing>,
}

/// Takes what is there into the list. Templates and guests of ours are none of others.
pub(super) async fn sync(
    store: &dyn Store,
    port: &dyn Cluster,
    guests: Vec<ClusterGuest>,
) -> Result<Synced, Refusal> {
    if guests.len() > MOST {
        return Err(StoreError::Refused(text::too_many_guests(guests.len(), MOST)).into());
    }
    // A token that lost its rights is shown nothing at all: that says nothing about what is there.
    let sees_nothing = guests.is_empty();
    let theirs: Vec<ClusterGuest> = guests
        .into_iter()
        .filter(|guest| !guest.template && !guest.ours && i32::try_from(guest.vmid).is_ok())
        .collect();
    let addresses = addresses(port, &theirs).await;
    let foreign: Vec<ForeignGuest> = theirs
        .iter()
        .zip(addresses)
        .map(|(guest, address)| foreign(guest, address))
        .collect();
    let mut synced = Synced::default();
    for chunk in foreign.chunks(CHUNK) {
        let taken = store.guests_taken(port.name(), chunk).await?;
        for (guest, became) in chunk.iter().zip(taken) {
            synced.tell(guest, became);
        }
    }
    if !sees_nothing {
        let present: BTreeSet<u32> = theirs.iter().map(|guest| guest.vmid).collect();
        loop {
            let gone = store.guests_missing(port.name(), &present).await?;
            if gone.is_empty() {
                break;
            }
            synced.deleted.extend(gone);
        }
    }
    Ok(synced)
}

impl Synced {
    fn tell(&mut self, guest: &ForeignGuest, became: Taken) {
        let shown = SyncedGuest {
            vmid: guest.vmid,
            name: guest.name.clone(),
            kind: guest.kind,
            address: guest.address,
        };
        match became {
            Taken::Imported => self.imported.push(shown),
            Taken::Updated => self.updated.push(shown),
            Taken::Same | Taken::Tracked => self.skipped.push(Skipped {
                vmid: guest.vmid,
                name: guest.name.clone(),
            }),
        }
    }
}

/// The addresses of those that run, in the order of the guests, as far as they can be had in time.
async fn addresses(port: &dyn Cluster, guests: &[ClusterGuest]) -> Vec<Option<IpAddr>> {
    let mut all = vec![None; guests.len()];
    let mut asked: Vec<BoxFuture<'_, (usize, Option<IpAddr>)>> = Vec::new();
    for (place, guest) in guests.iter().enumerate() {
        if guest.power == Power::Running {
            asked.push(Box::pin(async move { (place, address(port, guest).await) }));
        }
    }
    let mut answers = futures_util::stream::iter(asked).buffer_unordered(AT_ONCE);
    let collect = async {
        while let Some((place, address)) = answers.next().await {
            if let Some(slot) = all.get_mut(place) {
                *slot = address;
            }
        }
    };
    if tokio::time::timeout(ADDRESSES, collect).await.is_err() {
        tracing::info!("not every address of a guest could be asked for in time");
    }
    all
}

async fn address(port: &dyn Cluster, guest: &ClusterGuest) -> Option<IpAddr> {
    let address = tokio::time::timeout(ADDRESS, port.address_of(guest)).await;
    address.ok().and_then(Result::ok).flatten()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of cores, clamped"
)]
fn foreign(guest: &ClusterGuest, address: Option<IpAddr>) -> ForeignGuest {
    ForeignGuest {
        vmid: guest.vmid,
        kind: guest.kind,
        name: guest.name.clone(),
        running: match guest.power {
            Power::Running => Some(true),
            Power::Stopped => Some(false),
            Power::Unknown => None,
        },
        address,
        cores: guest.cores.clamp(0.0, 100_000.0).ceil() as u32,
        memory: guest.memory / MIB,
        disk: guest.disk.div_ceil(GIB),
    }
}
