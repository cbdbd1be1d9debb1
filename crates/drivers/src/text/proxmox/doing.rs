//! What is being done with the cluster, as fragments, and how it refuses.

use domain::GuestId;
use domain::ports::DriverError;
use pve::NodeName;

use crate::proxmox::base::os::Os;

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
