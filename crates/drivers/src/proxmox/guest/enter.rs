//! Into a guest: the way there is confirmed first, so that nothing is sent to a machine that took its address.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::GuestId;
use domain::ports::DriverError;
use ssh::HostKey;

use super::configure::machine;
use super::seen;
use crate::proxmox::details::{Confirmed, GuestDetails, GuestStage};
use crate::proxmox::inside::Inside;
use crate::proxmox::inventory::Power;
use crate::proxmox::notebook::GuestNote;
use crate::proxmox::reach;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// What the clocks of cluster and controller may differ by, while one counts what the other should have.
const SLACK: Duration = Duration::from_secs(20);
/// A key that was shown so lately is not asked for again, nor is the cluster.
const JUST_NOW: Duration = Duration::from_secs(10);

/// The row of a guest that is whole.
///
/// # Errors
/// [`DriverError::Gone`] when there is none.
pub async fn whole(site: &Site, guest: &GuestId) -> Result<GuestNote, DriverError> {
    let note = site.notebook.guest(guest).await?;
    let note = note.ok_or_else(|| DriverError::Gone(guest.clone()))?;
    match note.details.stage {
        GuestStage::Ready => Ok(note),
        GuestStage::Ending => Err(DriverError::Gone(guest.clone())),
        _ => Err(DriverError::Transient(text::half_made(guest))),
    }
}

/// A guest that is whole, and the way into it.
pub async fn enter(site: &Site, guest: &GuestId) -> Result<(GuestNote, Inside), DriverError> {
    let mut note = whole(site, guest).await?;
    let inside = of_note(site, &mut note).await?;
    Ok((note, inside))
}

/// The way into the guest of a row.
pub async fn of_note(site: &Site, note: &mut GuestNote) -> Result<Inside, DriverError> {
    let address = confirmed(site, note).await?;
    let key = own_key(note)?;
    let shell = site.doors.shell(address, &key);
    Ok(Inside::new(shell, note.details.spec.id.clone()))
}

/// The address at which the guest has shown its key lately: within the bound, and in this life of its machine.
///
/// # Errors
/// When it does not show it now. An address that is not confirmed is never given.
pub async fn confirmed(site: &Site, note: &mut GuestNote) -> Result<IpAddr, DriverError> {
    let now = site.clock().now();
    if let Some(known) = note.details.confirmed
        && is_fresh(known, now, None, JUST_NOW)
    {
        return Ok(known.address);
    }
    // A cluster that does not answer takes no address away: the guest is asked itself.
    let seen = seen::seen(site, note).await;
    let seen = match seen {
        Ok(Some(seen)) if seen.power == Power::Stopped => {
            return Err(DriverError::Transient(text::is_off(&note.details.spec.id)));
        }
        Ok(seen) => seen,
        Err(error) => {
            tracing::debug!(guest = note.owner, %error, "the cluster was not asked");
            None
        }
    };
    let uptime = seen.map(|seen| seen.uptime);
    if let Some(known) = note.details.confirmed
        && is_fresh(known, now, uptime, site.limits().recheck)
    {
        return Ok(known.address);
    }
    let address = confirm(site, note).await?;
    let fresh = Confirmed {
        address,
        at: now,
        uptime: uptime.unwrap_or(0),
    };
    let change = |details: &mut GuestDetails| details.confirmed = Some(fresh);
    site.notebook.change(note, change).await?;
    Ok(address)
}

/// Whether a confirmation still holds: young, and the machine has run on since.
fn is_fresh(known: Confirmed, now: DateTime<Utc>, uptime: Option<u64>, recheck: Duration) -> bool {
    let Ok(age) = (now - known.at).to_std() else {
        return false;
    };
    let should_have = Duration::from_secs(known.uptime) + age;
    // Not listed at the moment: the cluster's figures lag behind a start by some seconds.
    let ran_on = uptime.is_none_or(|uptime| Duration::from_secs(uptime) + SLACK >= should_have);
    age < recheck && ran_on
}

/// The known address first; where it shows another key or none, where the cluster sees the machine now.
async fn confirm(site: &Site, note: &GuestNote) -> Result<IpAddr, DriverError> {
    let key = own_key(note)?;
    let known = note.details.confirmed.map(|known| known.address);
    let mut failed = None;
    for address in known.into_iter().chain(note.details.fixed) {
        match reach::knock_once(site, address, &key).await {
            Ok(()) => return Ok(address),
            Err(error) => failed = Some(error),
        }
    }
    if note.details.fixed.is_none() {
        let machine = machine(site, note)?;
        for address in reach::seen(&machine).await? {
            match reach::knock_once(site, address, &key).await {
                Ok(()) => return Ok(address),
                Err(error) => failed = Some(error),
            }
        }
    }
    let id = &note.details.spec.id;
    Err(failed.unwrap_or_else(|| DriverError::Transient(text::unconfirmed(id))))
}

fn own_key(note: &GuestNote) -> Result<HostKey, DriverError> {
    let id = &note.details.spec.id;
    let text = note
        .details
        .own_key
        .as_deref()
        .filter(|_| note.details.pinned);
    reach::host_key(text.ok_or_else(|| DriverError::Transient(text::unconfirmed(id)))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(10, 0, Some(10), true)]
    #[case(10, 0, None, true)]
    #[case(10, 1000, Some(1005), true)]
    #[case(200, 1000, Some(30), false)]
    #[case(60, 0, Some(5), false)]
    #[case(301, 1000, Some(1301), false)]
    #[case(-5, 0, Some(100), false)]
    fn a_confirmation_ends_with_age_and_with_a_restart(
        #[case] age: i64,
        #[case] uptime_then: u64,
        #[case] uptime_now: Option<u64>,
        #[case] fresh: bool,
    ) {
        let now = DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
        let known = Confirmed {
            address: [10, 0, 0, 9].into(),
            at: now - chrono::Duration::seconds(age),
            uptime: uptime_then,
        };
        let recheck = Duration::from_secs(300);
        assert_eq!(is_fresh(known, now, uptime_now, recheck), fresh);
    }
}
