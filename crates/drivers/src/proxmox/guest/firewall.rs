//! The firewall of a machine, where the cluster's is on: only SSH and the app's port come in.

use domain::ports::DriverError;
use pve::{FirewallOptions, Guest, Policy, PortRule};

use crate::proxmox::fault::During;
use crate::proxmox::patience::patiently;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// The port of SSH.
const SSH: u16 = 22;

/// Closes everything but SSH.
pub async fn close(site: &Site, machine: &Guest) -> Result<(), DriverError> {
    if !site.network.is_guarded().await {
        return Ok(());
    }
    let options = FirewallOptions {
        enable: true,
        policy_in: Some(Policy::Drop),
        policy_out: Some(Policy::Accept),
        dhcp: Some(true),
        ..FirewallOptions::default()
    };
    let closed = patiently(site, || machine.set_firewall(&options)).await;
    closed.during(&text::guarding(machine.vmid().get()))?;
    open(site, machine, SSH, text::RULE_SSH).await
}

/// Opens a port; open already is success.
pub async fn open(
    site: &Site,
    machine: &Guest,
    port: u16,
    comment: &str,
) -> Result<(), DriverError> {
    if !site.network.is_guarded().await {
        return Ok(());
    }
    let what = text::guarding(machine.vmid().get());
    let wanted = port.to_string();
    let rules = machine.rules().await.during(&what)?;
    let is_open = |rule: &pve::RuleRow| {
        rule.enable && rule.action == "ACCEPT" && rule.dport.as_deref() == Some(&wanted)
    };
    if rules.iter().any(is_open) {
        return Ok(());
    }
    let rule = PortRule {
        port,
        source: None,
        comment: comment.to_owned(),
    };
    patiently(site, || machine.open_port(&rule))
        .await
        .during(&what)
}
