//! The first meeting with a clone: it shows its base's host key, and gets one of its own at once.

use std::net::IpAddr;

use domain::ports::DriverError;
use pve::Guest;
use ssh::HostKey;

use crate::proxmox::details::{Confirmed, GuestDetails, GuestStage};
use crate::proxmox::inside::Inside;
use crate::proxmox::notebook::GuestNote;
use crate::proxmox::reach::{self, NoEntry};
use crate::proxmox::settings::AddressPlan;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// Reaches the machine until it has shown a key that is its own.
pub async fn meet(site: &Site, note: &mut GuestNote, machine: &Guest) -> Result<(), DriverError> {
    let addresses = reach::addresses(site, machine, note.details.fixed).await?;
    let base = reach::host_key(&note.details.base_key)?;
    let own = note
        .details
        .own_key
        .as_deref()
        .map(reach::host_key)
        .transpose()?;
    let believed: Vec<HostKey> = match &own {
        // A key that was shown once is the only one that will ever do.
        Some(own) if note.details.pinned => vec![own.clone()],
        _ => own.iter().cloned().chain([base]).collect(),
    };
    let (address, shown) = match reach::knock(site, &addresses, "root", &believed).await {
        Ok(met) => met,
        Err(NoEntry::Stranger(address)) => return Err(another_address(site, note, address).await),
        Err(other) => return Err(other.into()),
    };
    if own.as_ref() == Some(&shown) {
        return met(site, note, address).await;
    }
    let own = renew(site, note, address, &shown).await?;
    reach::knock(site, &[address], "root", &[own]).await?;
    met(site, note, address).await
}

/// Somebody else uses an address of our range: the guest gets another one when it is configured again.
async fn another_address(site: &Site, note: &mut GuestNote, taken: IpAddr) -> DriverError {
    let told = DriverError::Transient(text::other_host_key(taken));
    let (AddressPlan::Range(range), IpAddr::V4(address)) =
        (&site.settings().network.addresses, taken)
    else {
        return told;
    };
    let moved = async {
        let fresh = site
            .notebook
            .address(&note.owner, range, &[address])
            .await?;
        let change = |details: &mut GuestDetails| {
            details.fixed = Some(fresh.into());
            details.stage = details.stage.min(GuestStage::Cloned);
        };
        site.notebook.change(note, change).await
    };
    moved.await.err().unwrap_or(told)
}

/// A new key, written down before the machine shows it: a cut in between is found again by either key.
async fn renew(
    site: &Site,
    note: &mut GuestNote,
    address: IpAddr,
    shown: &HostKey,
) -> Result<HostKey, DriverError> {
    let shell = site.doors.shell(address, shown);
    let inside = Inside::new(shell, note.details.spec.id.clone());
    let own = inside.new_host_key().await?;
    let text = own.to_string();
    let change = |details: &mut GuestDetails| details.own_key = Some(text.clone());
    site.notebook.change(note, change).await?;
    inside.switch_host_key().await?;
    Ok(own)
}

/// Its own key was shown at this address.
async fn met(site: &Site, note: &mut GuestNote, address: IpAddr) -> Result<(), DriverError> {
    let confirmed = Confirmed {
        address,
        at: site.clock().now(),
        uptime: 0,
    };
    let change = |details: &mut GuestDetails| {
        details.pinned = true;
        details.confirmed = Some(confirmed);
        details.stage = details.stage.max(GuestStage::Reached);
    };
    site.notebook.change(note, change).await
}
