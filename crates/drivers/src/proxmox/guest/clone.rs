//! The clone of a base under the guest's number.

use domain::DeploymentKind;
use domain::ports::DriverError;
use pve::{Cloning, Conflict, Error, Kind, Vmid};

use crate::proxmox::details::{BaseDetails, BaseStage, GuestDetails, GuestStage};
use crate::proxmox::fault::fault;
use crate::proxmox::labels;
use crate::proxmox::look::{Found, Spot, settle};
use crate::proxmox::nonce::Mark;
use crate::proxmox::notebook::{BaseNote, GuestNote};
use crate::proxmox::patience::task;
use crate::proxmox::site::{Site, kind_of};
use crate::text::proxmox as text;

/// Numbers that may turn out to be taken before it is given up.
const TRIES: usize = 50;

/// Clones until the machine is there. `fresh`: nothing was asked for this row yet, so there is nothing to look for.
pub async fn clone(site: &Site, note: &mut GuestNote, fresh: bool) -> Result<(), DriverError> {
    let base: Option<BaseNote> = site.notebook.find(&note.details.base).await?;
    let mut base =
        base.ok_or_else(|| DriverError::Transient(text::note_lost(&note.details.base)))?;
    let mut look = !fresh;
    for _ in 0..TRIES {
        if look {
            match found(site, note, &base).await? {
                Found::Ours { node, .. } => return done(site, note, node).await,
                Found::Nothing => {}
                Found::Foreign | Found::Forming(_) => another_number(site, note).await?,
            }
        }
        match ask(site, note, &base).await {
            Ok(()) => {
                let node = note.details.node.clone();
                return done(site, note, node).await;
            }
            Err(error) if error.is_taken() => another_number(site, note).await?,
            Err(error) if error.is_ambiguous() => look = true,
            Err(error) => {
                if matches!(error.kind(), Kind::Conflict(Conflict::Locked(_))) {
                    // Past all patience: the next try makes a base of its own.
                    let retired = |details: &mut BaseDetails| details.stage = BaseStage::Retired;
                    site.notebook.change(&mut base, retired).await?;
                }
                return Err(fault(&text::cloning(note.vmid), error));
            }
        }
    }
    Err(text::no_numbers(site.settings().vmids))
}

async fn found(site: &Site, note: &GuestNote, base: &BaseNote) -> Result<Found, DriverError> {
    found_from(site, note, Some(base.vmid)).await
}

/// What stands under the guest's number, once no task works on it or on the machine it is cloned from.
pub async fn found_from(
    site: &Site,
    note: &GuestNote,
    source: Option<u32>,
) -> Result<Found, DriverError> {
    let spot = Spot {
        kind: note.details.spec.kind,
        node: &note.details.node,
        vmid: note.vmid,
        source,
    };
    settle(site, spot, &Mark::of(&note.details.spec)).await
}

async fn ask(site: &Site, note: &GuestNote, base: &BaseNote) -> Result<(), Error> {
    let details = &base.details;
    let source = site.client.guest(
        kind_of(note.details.spec.kind),
        &details.node,
        Vmid::new(base.vmid)?,
    );
    let mut cloning = Cloning::to(Vmid::new(note.vmid)?);
    cloning.name = labels::host_name(&note.details.spec);
    cloning.pool = site.settings().pool.clone();
    cloning.description = Some(Mark::of(&note.details.spec).description());
    if note.details.node != details.node {
        cloning.target = Some(note.details.node.clone());
    }
    if !details.linked {
        cloning.full = Some(true);
        cloning.storage = Some(site.settings().disks.clone());
    }
    let _turn = site.client.storage_turn(&details.storage).await?;
    task(site, || source.clone_to(&cloning)).await
}

async fn done(site: &Site, note: &mut GuestNote, node: pve::NodeName) -> Result<(), DriverError> {
    let change = |details: &mut GuestDetails| {
        details.node = node.clone();
        details.stage = details.stage.max(GuestStage::Cloned);
    };
    site.notebook.change(note, change).await
}

/// Gives the number up and takes the next one. What may be ours there is looked for again when the guest is removed.
pub async fn another_number(site: &Site, note: &mut GuestNote) -> Result<(), DriverError> {
    let given_up = note.vmid;
    tracing::info!(guest = note.owner, vmid = given_up, "the number is taken");
    let change = |details: &mut GuestDetails| {
        details.stage = GuestStage::Planned;
        if !details.abandoned.contains(&given_up) {
            details.abandoned.push(given_up);
        }
    };
    site.notebook.change(note, change).await?;
    let avoid = note.details.abandoned.clone();
    *note = site
        .notebook
        .claim(&note.owner, &note.details, &avoid)
        .await?;
    Ok(())
}

/// The disk that is the root of a machine.
pub fn root_disk(kind: DeploymentKind) -> &'static str {
    match kind {
        DeploymentKind::Lxc => "rootfs",
        DeploymentKind::Vm => "scsi0",
    }
}
