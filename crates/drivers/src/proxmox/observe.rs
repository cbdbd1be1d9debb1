//! Looking at guests: the cluster is asked once for all of them, a guest itself only where its app matters.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::GuestId;
use domain::guest::{AppState, GuestSeen, MachineSeen, Observation, Role};
use domain::ports::DriverError;
use tokio::time::Instant;

use super::details::{BaseDetails, GuestDetails, GuestStage};
use super::guest::{enter, seen};
use super::inventory::{Power, Seen, Snapshot};
use super::nonce::Mark;
use super::notebook::{BaseNote, GuestNote};
use super::site::Site;
use crate::text::proxmox as text;

/// How long the state of an app is believed.
const LIVES: Duration = Duration::from_secs(2);
/// A look into one guest takes no longer.
const LOOK: Duration = Duration::from_secs(20);

/// States of apps, as they were lately.
#[derive(Default)]
pub struct States(Mutex<HashMap<GuestId, (Instant, AppState)>>);

impl States {
    fn known(&self, guest: &GuestId) -> Option<AppState> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, state) = known.get(guest)?;
        (since.elapsed() < LIVES).then(|| state.clone())
    }

    fn keep(&self, guest: &GuestId, state: &AppState) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (since, _)| since.elapsed() < LIVES);
        known.insert(guest.clone(), (Instant::now(), state.clone()));
    }

    /// Forgets a state: something was done to the app.
    pub fn forget(&self, guest: &GuestId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(guest);
    }
}

/// Looks at one guest. What cannot be told is unknown, never absent.
pub async fn observe(site: &Site, states: &States, guest: &GuestId) -> Observation {
    match try_observe(site, states, guest).await {
        Ok(Some(seen)) => Observation::Present(seen),
        Ok(None) => Observation::Absent,
        Err(error) => Observation::Unknown(error.to_string()),
    }
}

async fn try_observe(
    site: &Site,
    states: &States,
    guest: &GuestId,
) -> Result<Option<GuestSeen>, DriverError> {
    let Some(mut note) = site.notebook.guest(guest).await? else {
        return Ok(None);
    };
    let Some(seen) = seen::seen(site, &note).await? else {
        return Ok(None);
    };
    let app = match seen.power {
        Power::Unknown => return Err(DriverError::Transient(text::node_away(&seen.node))),
        Power::Stopped => off(&note.details),
        Power::Running => running(site, states, &mut note).await?,
    };
    Ok(Some(told(&note, &seen, app)))
}

/// A machine that is off: told to, or not.
fn off(details: &GuestDetails) -> AppState {
    if details.started {
        AppState::Down {
            last_exit: text::MACHINE_DOWN.into(),
            crash_loop: false,
        }
    } else {
        AppState::Stopped
    }
}

/// A machine that runs: its app is asked for, but not where none was ever started.
async fn running(
    site: &Site,
    states: &States,
    note: &mut GuestNote,
) -> Result<AppState, DriverError> {
    let spec = note.details.spec.clone();
    let never = note.details.port.is_none() || note.details.stage != GuestStage::Ready;
    if never || spec.role == Role::Build {
        return Ok(AppState::Stopped);
    }
    if let Some(known) = states.known(&spec.id) {
        return Ok(known);
    }
    let _turn = site.looks.acquire().await;
    let asked = async {
        let inside = enter::of_note(site, note).await?;
        inside.app_state(spec.resources.memory).await
    };
    let asked = tokio::time::timeout(LOOK, asked).await;
    let state = asked.unwrap_or_else(|_| Err(DriverError::Transient(text::slow(&spec.id))))?;
    states.keep(&spec.id, &state);
    Ok(state)
}

fn told(note: &GuestNote, seen: &Seen, app: AppState) -> GuestSeen {
    let spec = &note.details.spec;
    GuestSeen {
        id: spec.id.clone(),
        deployment: spec.deployment,
        role: spec.role,
        app,
        machine: Some(MachineSeen {
            vmid: note.vmid,
            node: seen.node.to_string(),
            address: note.details.confirmed.map(|confirmed| confirmed.address),
        }),
    }
}

/// Every guest of ours: those of the notebook, and machines with our mark that no row names.
pub async fn list(site: &Site) -> Result<Vec<GuestSeen>, DriverError> {
    let notes: Vec<GuestNote> = site.notebook.all::<GuestDetails>().await?;
    let snapshot = site.inventory.look().await?;
    let mut all: BTreeMap<GuestId, GuestSeen> = BTreeMap::new();
    for note in &notes {
        let Some(seen) = snapshot.guests.get(&note.vmid) else {
            continue;
        };
        let app = of_power(site, seen);
        all.insert(note.details.spec.id.clone(), told(note, seen, app));
    }
    let bases: Vec<BaseNote> = site.notebook.all::<BaseDetails>().await?;
    let numbers = notes.iter().map(|note| note.vmid);
    let known: BTreeSet<u32> = numbers.chain(bases.iter().map(|base| base.vmid)).collect();
    for orphan in orphans(site, &snapshot, &known).await? {
        all.entry(orphan.id.clone()).or_insert(orphan);
    }
    Ok(all.into_values().collect())
}

/// Without a look into it: whether its machine runs.
fn of_power(site: &Site, seen: &Seen) -> AppState {
    let uptime = chrono::Duration::seconds(i64::try_from(seen.uptime).unwrap_or(0));
    match seen.power {
        Power::Running => AppState::Running {
            restarts: 0,
            since: site.clock().now() - uptime,
        },
        _ => AppState::Stopped,
    }
}

/// Machines with our tag that no row names: each is asked for its description.
async fn orphans(
    site: &Site,
    snapshot: &Snapshot,
    known: &BTreeSet<u32>,
) -> Result<Vec<GuestSeen>, DriverError> {
    let mut found = Vec::new();
    for (vmid, seen) in &snapshot.guests {
        if !seen.ours || known.contains(vmid) {
            continue;
        }
        let vmid = *vmid;
        let number = pve::Vmid::new(vmid).map_err(|bad| DriverError::other("read a VMID", bad))?;
        let machine = site.client.guest(seen.kind, &seen.node, number);
        let config = match machine.config().await {
            Ok(config) => config,
            Err(error) => {
                tracing::debug!(vmid, %error, "a machine with our tag");
                continue;
            }
        };
        let Some(Mark::Guest {
            id,
            deployment,
            role,
            ..
        }) = Mark::read(config.description())
        else {
            continue;
        };
        found.push(GuestSeen {
            id,
            deployment,
            role,
            app: of_power(site, seen),
            machine: Some(MachineSeen {
                vmid,
                node: seen.node.to_string(),
                address: None,
            }),
        });
    }
    Ok(found)
}
