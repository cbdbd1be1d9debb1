//! Machines on and off.

use std::time::Duration;

use domain::ports::DriverError;
use pve::{Conflict, Error, Guest, Kind};

use crate::proxmox::fault::During;
use crate::proxmox::patience::task;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// Starts a machine; it runs already: success.
pub async fn on(site: &Site, machine: &Guest) -> Result<(), DriverError> {
    let done = task(site, || machine.start()).await;
    already(done, &Conflict::AlreadyRunning).during(&text::starting(machine.vmid().get()))
}

/// Shuts a machine down, and pulls the plug when it takes longer; it is off already: success.
pub async fn off(site: &Site, machine: &Guest, within: Duration) -> Result<(), DriverError> {
    let within = within.clamp(Duration::from_secs(5), Duration::from_secs(300));
    let done = task(site, || machine.shutdown(within, true)).await;
    already(done, &Conflict::NotRunning).during(&text::stopping(machine.vmid().get()))
}

/// Pulls the plug; it is off already: success.
pub async fn cut(site: &Site, machine: &Guest) -> Result<(), DriverError> {
    let done = task(site, || machine.stop(false)).await;
    already(done, &Conflict::NotRunning).during(&text::stopping(machine.vmid().get()))
}

fn already(done: Result<(), Error>, state: &Conflict) -> Result<(), Error> {
    match done {
        Err(error) if matches!(error.kind(), Kind::Conflict(found) if found == state) => Ok(()),
        other => other,
    }
}
