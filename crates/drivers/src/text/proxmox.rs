//! Sentences about a Proxmox VE cluster: what it lacks, what is waited for, what became of a machine.

mod bases;
mod doing;

use std::net::{IpAddr, Ipv4Addr};

use domain::GuestId;
use domain::ports::{DriverError, StoreError};
use pve::NodeName;

use crate::proxmox::placement::{Need, Place, Unfit};
use crate::proxmox::settings::{AddressRange, VmidRange};

pub use bases::*;
pub use doing::*;

/// A range of addresses outside its network.
pub fn bad_range(first: &Ipv4Addr, last: &Ipv4Addr, prefix: u8) -> String {
    format!(
        "the addresses {first} to {last} are no range of the gateway's /{prefix} network. Run `havre proxmox setup` again."
    )
}

/// Numbers of machines that cannot be used.
pub fn bad_vmids(first: u32, last: u32) -> String {
    format!("{first} to {last} is no range of VMIDs: they go from 100 to 999999999")
}

/// A jump host that cannot be used.
pub fn bad_jump(why: &str) -> String {
    format!("the SSH jump host cannot be used: {why}")
}

/// Havre's own SSH key cannot be read.
pub const NO_SSH_KEY: &str = "read Havre's SSH key of the cluster";

// Placement

/// The node that was asked for is not one of the cluster.
pub fn no_such_node(node: &NodeName, places: &[Place]) -> DriverError {
    let names: Vec<&str> = places.iter().map(|place| place.node.as_str()).collect();
    DriverError::Capacity {
        what: format!("the cluster has no node {node} that Havre may use"),
        cure: format!("Choose one of: {}.", names.join(", ")),
    }
}

/// All nodes are away.
pub fn nodes_offline(reasons: &[(&NodeName, Unfit)]) -> String {
    format!(
        "no node of the cluster can take the guest now ({}). This is tried again when one is back.",
        listed(reasons)
    )
}

/// No node has room.
pub fn no_room(reasons: &[(&NodeName, Unfit)], need: &Need) -> DriverError {
    DriverError::Capacity {
        what: format!(
            "no node of the cluster has room for {} MB of memory and {} GB of disk: {}",
            need.memory >> 20,
            need.disk >> 30,
            if reasons.is_empty() { "there is none that Havre may use".to_owned() } else { listed(reasons) }
        ),
        cure: "Free memory or disk on a node, ask for less, or allow another node in `havre proxmox setup`.".into(),
    }
}

fn listed(reasons: &[(&NodeName, Unfit)]) -> String {
    let each: Vec<String> = reasons
        .iter()
        .map(|(node, why)| format!("{node} {}", unfit(why)))
        .collect();
    each.join(", ")
}

fn unfit(why: &Unfit) -> String {
    match why {
        Unfit::NotAllowed => "is not allowed by the settings".into(),
        Unfit::NotAsked => "was not asked for".into(),
        Unfit::Offline => "is offline or does not answer".into(),
        Unfit::NoBridge => "does not have the bridge, or the token may not use it".into(),
        Unfit::NoStorage => "does not have the storage".into(),
        Unfit::Memory(free) => format!("has {} MB of memory free", free >> 20),
        Unfit::Disk(free) => format!("has {} GB of disk free", free >> 30),
    }
}

/// Every number is taken.
pub fn no_numbers(range: VmidRange) -> DriverError {
    DriverError::Capacity {
        what: format!("every VMID from {} to {} is taken", range.first, range.last),
        cure: "Destroy apps that are not needed, or give Havre a larger range in `havre proxmox setup`.".into(),
    }
}

/// Every address is taken.
pub fn no_addresses(range: &AddressRange) -> DriverError {
    DriverError::Capacity {
        what: format!(
            "every address from {} to {} is taken",
            range.first, range.last
        ),
        cure: "Destroy apps that are not needed, or give Havre a larger range in `havre proxmox setup`.".into(),
    }
}

// The notebook

/// The row went away, or others keep changing it.
pub fn note_lost(owner: &str) -> String {
    format!("the note of {owner} was changed or removed by another server; it is read again")
}

/// The database does not answer.
pub fn notebook_away(error: &StoreError) -> String {
    format!("the notebook of the cluster cannot be used: {error}")
}

// Reaching machines

/// The machine has no address yet.
pub fn no_address(vmid: u32) -> String {
    format!(
        "machine {vmid} of the cluster got no address. Is there a DHCP server on its bridge? Otherwise give Havre a range of addresses in `havre proxmox setup`."
    )
}

/// Somebody else answers at the address.
pub fn other_host_key(address: IpAddr) -> String {
    format!(
        "another machine answers at {address} than the one that belongs there, so nothing is sent to it"
    )
}

/// The machine does not let us in.
pub fn not_let_in(address: IpAddr) -> String {
    format!("the machine at {address} does not accept Havre's SSH key")
}

/// The machine does not answer.
pub fn not_reached(address: IpAddr, why: &str) -> String {
    format!("the guest at {address} cannot be reached: {why}")
}

/// No address was confirmed yet.
pub fn unconfirmed(guest: &GuestId) -> String {
    format!("the address of {guest} is not confirmed yet")
}

/// The guest is not whole.
pub fn half_made(guest: &GuestId) -> String {
    format!("the guest {guest} is not made yet")
}

/// The app was never started, so its port is not known.
pub fn no_port(guest: &GuestId) -> String {
    format!("the app of {guest} was never started, so its port is not known")
}

/// The container or VM is down, and nobody told it to.
pub const MACHINE_DOWN: &str = "its machine on the cluster was stopped";

// The report

/// Both.
pub const LXC_OR_VM: &str = "Each app runs in a machine of its own on the cluster: an unprivileged container (shares the node's kernel) or a VM (has its own).";
/// Memory and cores.
pub const ENFORCED: &str = "Memory, cores and disk: enforced by the cluster for the whole guest.";
/// Firewall on.
pub const FIREWALL: &str = "Network: the cluster's firewall lets in SSH and the app's port only.";
/// Firewall off.
pub const NO_FIREWALL: &str = "Network: guests can be reached on every port, and reach each other: the firewall is off in the datacenter or in Havre's settings.";

/// How guests reach the network.
pub fn network(bridge: &str, vlan: Option<u16>, range: Option<&AddressRange>) -> String {
    let tag = vlan
        .map(|vlan| format!(", VLAN {vlan}"))
        .unwrap_or_default();
    let addresses = match range {
        Some(range) => format!("addresses {} to {}", range.first, range.last),
        None => "addresses by DHCP".to_owned(),
    };
    format!("Each guest is attached to {bridge}{tag}, with {addresses}.")
}

/// What is done with keys, as fragments.
pub const MAKE_KEY: &str = "make Havre's SSH key";
/// As above.
pub const READ_KEY: &str = "read Havre's SSH key";
/// As above.
pub const REACH_JUMP: &str = "log in at the jump host";

/// What is done with the settings of a cluster, as a fragment.
pub const READ_SETTINGS: &str = "use the settings of the cluster";
/// What to do when the cluster does not let us in.
pub const LOOK_AGAIN: &str = "Look with `havre proxmox setup --check`.";
