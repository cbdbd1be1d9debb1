//! Looking at a number: is the machine there ours? This is how an ambiguous answer is resolved.

use std::time::Duration;

use domain::DeploymentKind;
use domain::ports::DriverError;
use pve::{GuestConfig, NodeName, TaskSource, Vmid};
use tokio::time::Instant;

use super::fault::During;
use super::nonce::Mark;
use super::site::{Site, kind_of};
use crate::text::proxmox as text;

/// What stands under a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Our machine.
    Ours {
        /// Where it is.
        node: NodeName,
        /// Its configuration.
        config: Box<GuestConfig>,
    },
    /// A machine that a task is making, without a description yet: perhaps ours.
    Forming(String),
    /// Somebody else's machine.
    Foreign,
    /// Certainly none.
    Nothing,
}

/// Pauses between two looks at a machine that is being made.
const PAUSE: Duration = Duration::from_secs(1);
/// A machine that no task makes and that stays locked this long was left by a task that died.
const STUCK: Duration = Duration::from_secs(20);

/// A number to look at.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    /// Container or VM.
    pub kind: DeploymentKind,
    /// Where it should be.
    pub node: &'a NodeName,
    /// The number.
    pub vmid: u32,
    /// The machine it is cloned from: its tasks are listed under that number.
    pub source: Option<u32>,
}

/// Looks once.
///
/// # Errors
/// When it cannot be told: never a guess.
pub async fn look(site: &Site, spot: Spot<'_>, mark: &Mark) -> Result<Found, DriverError> {
    let here = site.machine(spot.kind, spot.node, spot.vmid)?;
    match here.config().await {
        Ok(config) => return Ok(judge(spot.node.clone(), config, mark)),
        Err(error) if error.is_guest_gone() => {}
        Err(error) => return Err(error).during(&text::look_at(spot.vmid)),
    }
    // It may have been moved, or be of the other kind: the list of the whole cluster knows.
    let snapshot = site.inventory.look_now().await?;
    let Some(seen) = snapshot.guests.get(&spot.vmid) else {
        return Ok(Found::Nothing);
    };
    if seen.kind != kind_of(spot.kind) {
        return Ok(Found::Foreign);
    }
    let there = site.machine(spot.kind, &seen.node, spot.vmid)?;
    match there.config().await {
        Ok(config) => Ok(judge(seen.node.clone(), config, mark)),
        // Between two answers of a cluster at work: neither here nor there.
        Err(error) => Err(error).during(&text::look_at(spot.vmid)),
    }
}

/// Looks until a machine that is being made is made or gone. One that is left half made is [`Found::Forming`].
///
/// # Errors
/// As [`look`], and when it takes too long.
pub async fn settle(site: &Site, spot: Spot<'_>, mark: &Mark) -> Result<Found, DriverError> {
    let begun = Instant::now();
    let mut idle_since: Option<Instant> = None;
    loop {
        let lock = match look(site, spot, mark).await? {
            Found::Forming(lock) => lock,
            Found::Ours { config, .. } if config.lock() == Some("create") => "create".to_owned(),
            Found::Nothing if is_worked_on(site, spot).await? => "clone".to_owned(),
            other => return Ok(other),
        };
        if is_worked_on(site, spot).await? {
            idle_since = None;
        } else if idle_since.get_or_insert_with(Instant::now).elapsed() >= STUCK {
            return Ok(Found::Forming(lock));
        }
        if begun.elapsed() >= site.limits().task {
            return Err(DriverError::Transient(text::cannot_tell(
                spot.vmid,
                &text::being_made(&lock),
            )));
        }
        site.pause(PAUSE).await;
    }
}

/// Whether a task that may make this machine runs: a clone is listed under its source.
async fn is_worked_on(site: &Site, spot: Spot<'_>) -> Result<bool, DriverError> {
    for number in [Some(spot.vmid), spot.source].into_iter().flatten() {
        let vmid = Vmid::new(number).map_err(|bad| DriverError::other("read a VMID", bad))?;
        let tasks = site.client.tasks_of(spot.node, vmid, TaskSource::Active);
        let tasks = tasks.await.during(&text::look_at(number))?;
        if tasks.iter().any(pve::TaskRow::runs) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn judge(node: NodeName, config: GuestConfig, mark: &Mark) -> Found {
    match Mark::read(config.description()) {
        Some(found) if found == *mark => Found::Ours {
            node,
            config: Box::new(config),
        },
        // A rollback takes a guest over for another release: the id alone is the nonce.
        Some(Mark::Guest { id, .. }) if is_guest(mark, &id) => Found::Ours {
            node,
            config: Box::new(config),
        },
        Some(_) => Found::Foreign,
        None => match config.lock() {
            Some(lock) => Found::Forming(lock.to_owned()),
            None => Found::Foreign,
        },
    }
}

fn is_guest(mark: &Mark, found: &domain::GuestId) -> bool {
    matches!(mark, Mark::Guest { id, .. } if id == found)
}
