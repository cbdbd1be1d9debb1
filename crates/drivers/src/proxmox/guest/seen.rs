//! How a guest's machine stands. The list of the whole cluster lags behind by some seconds, so what it says of a machine that
//! runs is believed, and anything else is asked of the machine's own node.

use domain::ports::DriverError;

use crate::proxmox::fault::During;
use crate::proxmox::inventory::{Power, Seen};
use crate::proxmox::labels;
use crate::proxmox::look::{Found, Spot, look};
use crate::proxmox::nonce::Mark;
use crate::proxmox::notebook::GuestNote;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// The machine of a row; none when there certainly is none.
///
/// # Errors
/// When it cannot be told.
pub async fn seen(site: &Site, note: &GuestNote) -> Result<Option<Seen>, DriverError> {
    let snapshot = site.inventory.look().await?;
    let id = &note.details.spec.id;
    match snapshot.guests.get(&note.vmid) {
        Some(seen)
            if seen.power == Power::Running && labels::is_named_after(seen.name.as_deref(), id) =>
        {
            Ok(Some(seen.clone()))
        }
        _ => of_owner(site, note).await,
    }
}

/// Asks the node.
async fn of_owner(site: &Site, note: &GuestNote) -> Result<Option<Seen>, DriverError> {
    let details = &note.details;
    let spot = Spot {
        kind: details.spec.kind,
        node: &details.node,
        vmid: note.vmid,
        source: None,
    };
    let node = match look(site, spot, &Mark::of(&details.spec)).await? {
        Found::Nothing | Found::Foreign => return Ok(None),
        Found::Forming(lock) => {
            let why = text::being_made(&lock);
            return Err(DriverError::Transient(text::cannot_tell(note.vmid, &why)));
        }
        Found::Ours { node, .. } => node,
    };
    let machine = site.machine(details.spec.kind, &node, note.vmid)?;
    let status = machine.status().await.during(&text::look_at(note.vmid))?;
    let power = if status.is_running() {
        Power::Running
    } else {
        Power::Stopped
    };
    Ok(Some(Seen {
        kind: machine.kind(),
        node,
        name: status.name.clone(),
        power,
        ours: true,
        uptime: status.uptime.unwrap_or(0),
    }))
}

/// Whether the machine certainly is off.
///
/// # Errors
/// [`DriverError::Gone`] when there is none; when it cannot be told.
pub async fn is_off(site: &Site, note: &GuestNote) -> Result<bool, DriverError> {
    let seen = seen(site, note).await?;
    let seen = seen.ok_or_else(|| DriverError::Gone(note.details.spec.id.clone()))?;
    Ok(seen.power == Power::Stopped)
}
