//! Sentences about a Proxmox VE cluster: what it lacks, what is waited for, what became of a machine.

use std::net::{IpAddr, Ipv4Addr};

use domain::plan::{Runtime, VersionWish};
use domain::ports::{DriverError, StoreError};
use domain::version::Release;
use domain::{DeploymentKind, GuestId};
use pve::NodeName;

use crate::proxmox::base::os::Os;
use crate::proxmox::placement::{Need, Place, Unfit};
use crate::proxmox::settings::{AddressRange, VmidRange};

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

// Bases

fn title(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Python => "Python",
        Runtime::Node => "Node.js",
        Runtime::Static => "a static file server",
        Runtime::Shell => "a shell",
    }
}

/// There is nothing to make a base from.
pub fn no_system(kind: DeploymentKind) -> DriverError {
    match kind {
        DeploymentKind::Lxc => DriverError::Toolchain {
            what: "The cluster has no Debian or Ubuntu container template that Havre could make a base from.".into(),
            cure: "Download one on a node: `pveam update && pveam download local debian-12-standard_12.12-1_amd64.tar.zst` \
                   (or in the web interface: storage, CT Templates, Templates), then deploy again."
                .into(),
        },
        DeploymentKind::Vm => DriverError::Toolchain {
            what: "The cluster has no Debian or Ubuntu cloud image that Havre could make a VM from.".into(),
            cure: "Download one into a storage with the content `import`, such as \
                   https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2, then deploy again."
                .into(),
        },
    }
}

/// Another version than the one asked for is used.
pub fn other_version(runtime: Runtime, asked: &VersionWish, used: Release, os: Os) -> String {
    format!(
        "{} asks for {} {}; {used} is used, since that is what {} has.",
        asked.file,
        title(runtime),
        asked.wish,
        os.title()
    )
}

/// No system that is here has the version.
pub fn wrong_version(
    runtime: Runtime,
    asked: &VersionWish,
    systems: &[Os],
    better: Option<Os>,
) -> DriverError {
    let name = title(runtime);
    let have: Vec<String> = systems
        .iter()
        .map(|os| match os.packs(runtime) {
            Some(release) => format!("{} ({name} {release})", os.title()),
            None => os.title(),
        })
        .collect();
    let what = format!(
        "The app asks for {name} {} ({}), and the templates of the cluster are {}.",
        asked.wish,
        asked.file,
        have.join(", ")
    );
    let elsewhere = match better {
        Some(os) => format!(
            "Download the template {} ({} has it): `pveam available | grep {}`; or change",
            os.template(),
            os.title(),
            os.template()
        ),
        None => "Change".to_owned(),
    };
    DriverError::Toolchain {
        what,
        cure: format!("{elsewhere} {}, or deploy with --any-version.", asked.file),
    }
}

/// A base lacks what its system should have.
pub fn incomplete_base(runtime: Runtime, os: Os) -> DriverError {
    DriverError::Toolchain {
        what: format!(
            "{} was installed in a base of {}, and does not answer with a version.",
            title(runtime),
            os.title()
        ),
        cure: "Deploy again; if it stays so, choose another template in `havre proxmox setup`."
            .into(),
    }
}

/// The beginning of a base.
pub fn making_base(name: &str, node: &NodeName, template: &str) -> String {
    format!(
        "Making the base {name} on {node} from {template}. This is done once and takes some minutes."
    )
}

/// Another server makes the base.
pub fn base_made_elsewhere(name: &str) -> String {
    format!("The base {name} is being made by another deploy; waiting for it.")
}

/// Another server takes too long.
pub fn base_takes_long(name: &str) -> String {
    format!(
        "the base {name} is being made by another server and is not ready yet; it is waited for again"
    )
}

/// The base is done.
pub fn base_ready(name: &str, versions: &[String], linked: bool) -> String {
    let with = match versions {
        [] => String::new(),
        versions => format!(" with {}", versions.join(", ")),
    };
    let how = if linked {
        "its clones share its disk"
    } else {
        "its clones are full copies: this storage makes no linked clones"
    };
    format!("The base {name} is ready{with}; {how}.")
}

/// Progress of making a base.
pub const BASE_INSTALLS: &str = "Installing the runtime's packages";
/// Progress of making a base.
pub const BASE_STARTS: &str = "The base's machine starts";
/// Progress of making a base.
pub const BASE_CLEANS: &str = "Cleaning the base and keeping it as a template";

/// A base that a guest wants is none of ours.
pub fn foreign_base(id: &domain::BaseId) -> DriverError {
    DriverError::Toolchain {
        what: format!("the base {id} is none of a cluster: the artifact was built somewhere else"),
        cure: "Redeploy the app, so that it is built on the cluster.".into(),
    }
}

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

// The cluster's refusals

/// What is being done when everything is listed.
pub const LOOK: &str = "look at the cluster";

/// A guest without a number or a node.
pub fn odd_row(id: &str) -> String {
    format!("the cluster lists a guest that cannot be understood ({id}); it is asked again")
}

/// The cluster lost its quorum.
pub fn no_quorum(reason: &str) -> String {
    format!(
        "the cluster has lost its quorum, so it makes and starts no guests now ({reason}). Havre waits for it; what serves goes on serving."
    )
}

/// The token lacks a privilege. `doing` is a fragment.
pub fn missing_privilege(doing: &str, path: &str, privileges: &[String]) -> String {
    let which = match privileges {
        [] => "a privilege".to_owned(),
        some => some.join(" or "),
    };
    let place = if path.is_empty() {
        "a path that the cluster does not name"
    } else {
        path
    };
    format!("The cluster's token lacks {which} on {place}, which is needed to {doing}.")
}

/// What to do about a missing privilege.
pub const GIVE_PRIVILEGES: &str =
    "`havre proxmox setup --check` prints the commands that give it; then deploy again.";

/// The token is refused.
pub const CREDENTIALS: &str = "The cluster does not accept Havre's API token.";
/// What to do about a refused token.
pub const NEW_TOKEN: &str = "Give another one by `havre proxmox setup`.";

/// What to do when the cluster is full.
pub const MAKE_ROOM: &str =
    "Free disk or memory on the cluster: `havre destroy` apps that are not needed.";

/// A lock that does not go away.
pub fn locked(what: &str, lock: &str) -> String {
    format!(
        "{what} waits for a lock of the cluster ({lock}) that is not released; it is tried again"
    )
}

/// The machine is somebody else's.
pub fn foreign(vmid: u32) -> String {
    format!("machine {vmid} of the cluster is not Havre's, so it is left alone")
}

/// The state of a number cannot be told.
pub fn cannot_tell(vmid: u32, why: &str) -> String {
    format!("what became of machine {vmid} of the cluster cannot be told now: {why}")
}

/// Locked by the task that makes it.
pub fn being_made(lock: &str) -> String {
    format!("a task of the cluster holds it ({lock})")
}

/// What is being done with one machine.
pub fn look_at(vmid: u32) -> String {
    format!("look at machine {vmid} of the cluster")
}

/// What is being done with one machine.
pub fn cloning(vmid: u32) -> String {
    format!("clone a base as machine {vmid}")
}

/// What is being done with one machine.
pub fn configuring(vmid: u32) -> String {
    format!("configure machine {vmid}")
}

/// What is being done with one machine.
pub fn growing(vmid: u32) -> String {
    format!("grow the disk of machine {vmid}")
}

/// What is being done with one machine.
pub fn guarding(vmid: u32) -> String {
    format!("set the firewall of machine {vmid}")
}

/// What is being done with one machine.
pub fn starting(vmid: u32) -> String {
    format!("start machine {vmid}")
}

/// What is being done with one machine.
pub fn stopping(vmid: u32) -> String {
    format!("stop machine {vmid}")
}

/// What is being done with one machine.
pub fn removing(vmid: u32) -> String {
    format!("remove machine {vmid}")
}

/// What is being done with a base.
pub fn making(name: &str) -> String {
    format!("make the base {name}")
}

/// What is being done with a template.
pub fn downloading(file: &str) -> String {
    format!("download the template {file}")
}

/// What is being done with a fresh VM.
pub const LET_ROOT_IN: &str = "let root in at a fresh VM";
/// Settings that cannot be used.
pub const BAD_SETTINGS: &str = "read the settings of the cluster";
/// The comment of a firewall rule.
pub const RULE_SSH: &str = "Havre: SSH";
/// The comment of a firewall rule.
pub const RULE_APP: &str = "Havre: the app";
/// Any certificate is accepted.
pub const ANY_CERTIFICATE: &str =
    "The cluster's certificate is not checked: whoever answers at its address gets Havre's token.";

/// A template that is not there any more.
pub fn no_template(os: Os) -> DriverError {
    DriverError::Toolchain {
        what: format!(
            "The cluster has no template of {} any more, and the app was built on it.",
            os.title()
        ),
        cure: format!(
            "Download {} again (`pveam available | grep {}`), or redeploy the app so that it is built on what is there.",
            os.template(),
            os.template()
        ),
    }
}

/// The guest is on its way out.
pub fn being_removed(guest: &GuestId) -> String {
    format!("the guest {guest} is being removed")
}

/// Its machine is off.
pub fn is_off(guest: &GuestId) -> String {
    format!("the machine of {guest} is off")
}

/// The node of a guest is away.
pub fn node_away(node: &NodeName) -> String {
    format!("the node {node} does not answer the cluster")
}

/// A guest that does not tell how its app stands.
pub fn slow(guest: &GuestId) -> String {
    format!("the guest {guest} does not tell in time how its app stands")
}

/// There is nothing to knock at.
pub const NO_ADDRESSES: &str = "the machine has no address to reach it at";

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
