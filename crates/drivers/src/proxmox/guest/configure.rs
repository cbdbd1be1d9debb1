//! A fresh clone becomes the guest's machine: options, size, firewall. All of it may be done again.

use std::net::{IpAddr, Ipv4Addr};

use domain::DeploymentKind;
use domain::ports::DriverError;
use pve::{DiskSize, Error, Guest, Resize, lxc, qemu};

use super::clone::root_disk;
use super::firewall;
use crate::proxmox::details::{GuestDetails, GuestStage};
use crate::proxmox::fault::{During, fault};
use crate::proxmox::notebook::GuestNote;
use crate::proxmox::params;
use crate::proxmox::patience::{patiently, task};
use crate::proxmox::settings::AddressPlan;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// Configures the machine.
pub async fn configure(site: &Site, note: &mut GuestNote) -> Result<(), DriverError> {
    let fixed = address(site, note).await?;
    let machine = machine(site, note)?;
    // Before the options: they protect the machine, its disk included.
    grow(site, note, &machine).await?;
    options(site, note, &machine, fixed).await?;
    firewall::close(site, &machine).await?;
    let change = |details: &mut GuestDetails| {
        details.stage = details.stage.max(GuestStage::Configured);
    };
    site.notebook.change(note, change).await
}

/// The machine of a row.
pub fn machine(site: &Site, note: &GuestNote) -> Result<Guest, DriverError> {
    site.machine(note.details.spec.kind, &note.details.node, note.vmid)
}

/// The guest's address of our range; none where the network gives it.
async fn address(site: &Site, note: &mut GuestNote) -> Result<params::Fixed, DriverError> {
    let AddressPlan::Range(range) = &site.settings().network.addresses else {
        return Ok(None);
    };
    if let Some(IpAddr::V4(address)) = note.details.fixed {
        return Ok(Some(address));
    }
    let address: Ipv4Addr = site.notebook.address(&note.owner, range, &[]).await?;
    let change = |details: &mut GuestDetails| details.fixed = Some(address.into());
    site.notebook.change(note, change).await?;
    Ok(Some(address))
}

async fn options(
    site: &Site,
    note: &GuestNote,
    machine: &Guest,
    fixed: params::Fixed,
) -> Result<(), DriverError> {
    let (spec, network) = (&note.details.spec, &site.settings().network);
    let done = match spec.kind {
        DeploymentKind::Lxc => {
            let update = lxc::Update {
                settings: params::lxc_guest(spec, network, fixed),
                ..lxc::Update::default()
            };
            patiently(site, || machine.set_lxc(&update)).await
        }
        DeploymentKind::Vm => {
            let update = qemu::Update {
                settings: params::qemu_guest(spec, network, fixed),
                ..qemu::Update::default()
            };
            patiently(site, || machine.set_qemu(&update)).await
        }
    };
    done.during(&text::configuring(note.vmid))
}

/// Grows the root to what the guest is to have; the base's size is the least.
async fn grow(site: &Site, note: &GuestNote, machine: &Guest) -> Result<(), DriverError> {
    let spec = &note.details.spec;
    let base = match spec.kind {
        DeploymentKind::Lxc => site.limits().lxc_base,
        DeploymentKind::Vm => site.limits().vm_base,
    };
    if u64::from(spec.resources.disk) << 30 <= base {
        return Ok(());
    }
    let disk = root_disk(spec.kind)
        .parse()
        .map_err(|bad: pve::BadName| DriverError::other("name a disk", bad))?;
    let size = Resize::To(DiskSize::gib(spec.resources.disk));
    match task(site, || machine.resize(&disk, size)).await {
        Err(error) if !has_size(&error) => Err(fault(&text::growing(note.vmid), error)),
        _ => Ok(()),
    }
}

/// It has the size already: done by an earlier, cut try.
fn has_size(error: &Error) -> bool {
    error.reason().contains("already at specified size")
        || error
            .log()
            .iter()
            .any(|line| line.contains("already at specified size"))
}
