//! The app of a guest: started, stopped, and where the gateway reaches it.

use std::net::SocketAddr;
use std::time::Duration;

use domain::guest::{Service, Upstream};
use domain::ports::DriverError;
use domain::{DeploymentKind, GuestId};

use super::details::GuestDetails;
use super::guest::configure::machine;
use super::guest::{enter, firewall, keys, power, seen};
use super::inside::ServiceLimits;
use super::keep;
use super::notebook::GuestNote;
use super::site::Site;
use crate::text::proxmox as text;

/// A machine of a VM has this long to shut down.
const DOWN: Duration = Duration::from_secs(90);

/// Starts the app; its machine first, where that is off.
pub async fn start(site: &Site, guest: &GuestId, service: &Service) -> Result<(), DriverError> {
    let mut note = enter::whole(site, guest).await?;
    ensure_on(site, &mut note).await?;
    // Before the app runs: one that runs and is not known to would never be looked at.
    let change = |details: &mut GuestDetails| {
        details.port = Some(service.port);
        details.started = true;
    };
    site.notebook.change(&mut note, change).await?;
    let machine = machine(site, &note)?;
    firewall::open(site, &machine, service.port, text::RULE_APP).await?;
    let inside = enter::of_note(site, &mut note).await?;
    let limits = ServiceLimits {
        memory: note.details.spec.resources.memory,
        crash: site.config.crash,
        exe: site.config.exe.clone(),
    };
    inside.start(service, &limits).await
}

async fn ensure_on(site: &Site, note: &mut GuestNote) -> Result<(), DriverError> {
    if !seen::is_off(site, note).await? {
        return Ok(());
    }
    let machine = machine(site, note)?;
    power::on(site, &machine).await?;
    keys::meet(site, note, &machine).await?;
    let inside = enter::of_note(site, note).await?;
    inside.ready(site.limits().boot).await
}

/// Ends the app. A container stays on, so that its log can be read; a VM is shut down, for it holds its memory.
pub async fn stop(site: &Site, guest: &GuestId, grace: Duration) -> Result<(), DriverError> {
    let mut note = enter::whole(site, guest).await?;
    if !seen::is_off(site, &note).await? {
        let inside = enter::of_note(site, &mut note).await?;
        inside.stop(grace).await?;
        keep::last(site, &mut note).await?;
        if note.details.spec.kind == DeploymentKind::Vm {
            power::off(site, &machine(site, &note)?, DOWN).await?;
        }
    }
    let change = |details: &mut GuestDetails| details.started = false;
    site.notebook.change(&mut note, change).await
}

/// Where the gateway reaches the app: never an address that is not confirmed.
pub async fn address(site: &Site, guest: &GuestId) -> Result<Upstream, DriverError> {
    let mut note = enter::whole(site, guest).await?;
    let port = note.details.port;
    let port = port.ok_or_else(|| DriverError::Transient(text::no_port(guest)))?;
    let address = enter::confirmed(site, &mut note).await?;
    Ok(Upstream::Tcp(SocketAddr::new(address, port)))
}
