//! Reaching a machine: its address, and the host key it shows there.

use std::net::IpAddr;
use std::time::Duration;

use domain::ports::DriverError;
use pve::Guest;
use ssh::HostKey;
use tokio::time::Instant;

use super::doors::Shut;
use super::fault::During;
use super::site::Site;
use crate::text::proxmox as text;

const FIRST: Duration = Duration::from_millis(150);
const LONGEST: Duration = Duration::from_millis(500);

/// The addresses at which a machine may be: the fixed one, or what the cluster sees on its card. Waits for DHCP.
///
/// # Errors
/// When it gets none within the bound of a boot.
pub async fn addresses(
    site: &Site,
    machine: &Guest,
    fixed: Option<IpAddr>,
) -> Result<Vec<IpAddr>, DriverError> {
    if let Some(address) = fixed {
        return Ok(vec![address]);
    }
    let begun = Instant::now();
    let mut pause = FIRST;
    loop {
        let found = seen(machine).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        if begun.elapsed() >= site.limits().boot {
            return Err(DriverError::Transient(text::no_address(
                machine.vmid().get(),
            )));
        }
        site.pause(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// The addresses that the cluster sees now: those of the first card first, IPv4 before IPv6.
pub async fn seen(machine: &Guest) -> Result<Vec<IpAddr>, DriverError> {
    let what = text::look_at(machine.vmid().get());
    let mut cards = match machine.interfaces().await {
        Ok(cards) => cards,
        // The agent of a VM is not up yet.
        Err(error) if error.reason().to_lowercase().contains("agent") => return Ok(Vec::new()),
        Err(error) => return Err(error).during(&what),
    };
    cards.retain(|card| card.name != "lo");
    cards.sort_by_key(|card| card.name != "eth0");
    let mut found: Vec<IpAddr> = cards
        .iter()
        .flat_map(|card| &card.addresses)
        .filter(|address| address.is_reachable())
        .map(|address| address.ip)
        .collect();
    found.sort_by_key(IpAddr::is_ipv6);
    Ok(found)
}

/// A machine that shows another key for this long is another machine: one that starts has its own by then.
const STRANGER: Duration = Duration::from_secs(20);

/// Why there was no way in.
#[derive(Debug)]
pub enum NoEntry {
    /// Another machine has the address.
    Stranger(IpAddr),
    /// Nobody opened within the bound of a boot.
    Closed(DriverError),
}

impl From<NoEntry> for DriverError {
    fn from(none: NoEntry) -> Self {
        match none {
            NoEntry::Stranger(address) => Self::Transient(text::other_host_key(address)),
            NoEntry::Closed(error) => error,
        }
    }
}

/// Knocks until a machine that starts opens, showing one of these keys; none: whatever it shows.
///
/// # Errors
/// When nobody opens within the bound of a boot, or somebody else does.
pub async fn knock(
    site: &Site,
    addresses: &[IpAddr],
    user: &str,
    believed: &[HostKey],
) -> Result<(IpAddr, HostKey), NoEntry> {
    let begun = Instant::now();
    let mut pause = FIRST;
    let mut strange_since: Option<Instant> = None;
    loop {
        let mut last = None;
        for address in addresses {
            match site.doors.knock(*address, user, believed).await {
                Ok(key) => return Ok((*address, key)),
                Err(shut) => last = Some((*address, shut)),
            }
        }
        // Only strangers, and for long: the address belongs to another machine.
        match last {
            Some((address, Shut::Stranger)) => {
                let since = strange_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= STRANGER {
                    return Err(NoEntry::Stranger(address));
                }
            }
            _ => strange_since = None,
        }
        if begun.elapsed() >= site.limits().boot {
            return Err(NoEntry::Closed(match last {
                Some((address, shut)) => shut_out(address, &shut),
                None => DriverError::Transient(text::NO_ADDRESSES.into()),
            }));
        }
        // A stranger may be the machine that had the address before, or ours before sshd has its new key; sshd may open
        // before its keys are there. All of that passes, or the bound ends it.
        site.pause(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// Knocks once.
///
/// # Errors
/// When nobody opens, or somebody else does.
pub async fn knock_once(
    site: &Site,
    address: IpAddr,
    believed: &HostKey,
) -> Result<(), DriverError> {
    let keys = std::slice::from_ref(believed);
    match site.doors.knock(address, "root", keys).await {
        Ok(_) => Ok(()),
        Err(shut) => Err(shut_out(address, &shut)),
    }
}

fn shut_out(address: IpAddr, shut: &Shut) -> DriverError {
    DriverError::Transient(match shut {
        Shut::Away(why) => text::not_reached(address, why),
        Shut::Stranger => text::other_host_key(address),
        Shut::NotLetIn => text::not_let_in(address),
    })
}

/// Reads a key of the notebook.
///
/// # Errors
/// A note that was damaged.
pub fn host_key(text: &str) -> Result<HostKey, DriverError> {
    text.parse()
        .map_err(|error: ssh::KeyError| DriverError::other("read a noted host key", error))
}
