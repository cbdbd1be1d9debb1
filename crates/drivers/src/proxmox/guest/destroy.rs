//! Removing a guest: its machine, its address, and last its row.

use std::time::Duration;

use domain::ports::DriverError;
use domain::{DeploymentKind, GuestId};
use pve::{Conflict, Guest, Kind, NodeName, lxc, qemu};

use super::power;
use crate::proxmox::details::{GuestDetails, GuestStage};
use crate::proxmox::fault::{During, fault};
use crate::proxmox::keep;
use crate::proxmox::labels;
use crate::proxmox::look::{Found, Spot, settle};
use crate::proxmox::nonce::Mark;
use crate::proxmox::notebook::{BaseNote, GuestNote};
use crate::proxmox::patience::{patiently, task};
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// Tries of removing a machine that other tasks keep locking.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// Removes a guest, whether a row names it or not.
pub async fn destroy(site: &Site, guest: &GuestId) -> Result<(), DriverError> {
    match site.notebook.guest(guest).await? {
        Some(note) => of_note(site, note).await,
        None => orphan(site, guest).await,
    }
}

async fn of_note(site: &Site, mut note: GuestNote) -> Result<(), DriverError> {
    if note.details.stage == GuestStage::Ready
        && let Err(error) = keep::last(site, &mut note).await
    {
        // The guest is to go; what was kept before stays.
        tracing::warn!(guest = note.owner, %error, "kept folders were not copied");
    }
    let ending = |details: &mut GuestDetails| details.stage = GuestStage::Ending;
    site.notebook.change(&mut note, ending).await?;
    let (kind, mark) = (note.details.spec.kind, Mark::of(&note.details.spec));
    let base: Option<BaseNote> = site.notebook.find(&note.details.base).await?;
    let source = base.map(|base| base.vmid);
    let numbers = note.details.abandoned.iter().copied().chain([note.vmid]);
    for vmid in numbers.collect::<Vec<u32>>() {
        let spot = Spot {
            kind,
            node: &note.details.node,
            vmid,
            source,
        };
        machine_at(site, spot, &mark).await?;
    }
    site.notebook.free_address(&note.owner).await?;
    site.notebook.erase(&note.owner).await
}

/// Removes the machine under a number if it is ours.
pub async fn machine_at(site: &Site, spot: Spot<'_>, mark: &Mark) -> Result<(), DriverError> {
    for _ in 0..TRIES {
        let found = settle(site, spot, mark).await?;
        let (node, config) = match found {
            Found::Nothing => return Ok(()),
            Found::Foreign => {
                tracing::warn!("{}", text::foreign(spot.vmid));
                return Ok(());
            }
            // Without our mark nobody can tell whose it is; it is told again at the next sweep.
            Found::Forming(lock) => {
                tracing::warn!("{}", text::cannot_tell(spot.vmid, &text::being_made(&lock)));
                return Ok(());
            }
            Found::Ours { node, config } => (node, config),
        };
        if remove(site, spot, &node, config.is_protected()).await? {
            return Ok(());
        }
        site.pause(PAUSE).await;
    }
    Err(DriverError::Transient(text::removing(spot.vmid)))
}

/// Asks once for all; false: something came in between, look again.
async fn remove(
    site: &Site,
    spot: Spot<'_>,
    node: &NodeName,
    protected: bool,
) -> Result<bool, DriverError> {
    let what = text::removing(spot.vmid);
    let machine = site.machine(spot.kind, node, spot.vmid)?;
    if protected {
        unprotect(site, spot.kind, &machine).await.during(&what)?;
    }
    if spot.kind == DeploymentKind::Vm {
        power::cut(site, &machine).await?;
    }
    match task(site, || machine.destroy(true)).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_guest_gone() => Ok(true),
        Err(error) if looks_again(&error) => Ok(false),
        Err(error) => Err(fault(&what, error)),
    }
}

fn looks_again(error: &pve::Error) -> bool {
    error.is_ambiguous()
        || matches!(
            error.kind(),
            Kind::Conflict(Conflict::Protected | Conflict::AlreadyRunning)
        )
}

async fn unprotect(site: &Site, kind: DeploymentKind, machine: &Guest) -> Result<(), pve::Error> {
    match kind {
        DeploymentKind::Lxc => {
            let settings = lxc::Settings {
                protection: Some(false),
                ..lxc::Settings::default()
            };
            let update = lxc::Update {
                settings,
                ..lxc::Update::default()
            };
            patiently(site, || machine.set_lxc(&update)).await
        }
        DeploymentKind::Vm => {
            let settings = qemu::Settings {
                protection: Some(false),
                ..qemu::Settings::default()
            };
            let update = qemu::Update {
                settings,
                ..qemu::Update::default()
            };
            patiently(site, || machine.set_qemu(&update)).await
        }
    }
}

/// A machine with our nonce that no row names: found by its name, and removed if its description says so too.
async fn orphan(site: &Site, guest: &GuestId) -> Result<(), DriverError> {
    let snapshot = site.inventory.look_now().await?;
    for (vmid, seen) in &snapshot.guests {
        if !seen.ours || !labels::is_named_after(seen.name.as_deref(), guest) {
            continue;
        }
        let kind = match seen.kind {
            pve::GuestKind::Lxc => DeploymentKind::Lxc,
            pve::GuestKind::Qemu => DeploymentKind::Vm,
        };
        let config = site.machine(kind, &seen.node, *vmid)?.config().await;
        let config = config.during(&text::look_at(*vmid))?;
        let Some(mark @ Mark::Guest { .. }) = Mark::read(config.description()) else {
            continue;
        };
        if matches!(&mark, Mark::Guest { id, .. } if id == guest) {
            let spot = Spot {
                kind,
                node: &seen.node,
                vmid: *vmid,
                source: None,
            };
            machine_at(site, spot, &mark).await?;
        }
    }
    Ok(())
}
