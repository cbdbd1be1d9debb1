//! What the set-up of a cluster says.

pub const PVE_ASK_URL: &str = "Address of the cluster";
pub const PVE_ASK_TOKEN: &str = "API token (user@realm!name)";
pub const PVE_ASK_SECRET: &str = "Secret of the token";
pub const PVE_ASK_USER: &str = "User";
pub const PVE_ASK_PASSWORD: &str = "Password";
pub const PVE_ASK_TRUST: &str = "Is this the certificate of your cluster?";
pub const PVE_ASK_POOL: &str = "Pool for Havre's guests (- for none)";
pub const PVE_ASK_VMIDS: &str = "Numbers for Havre's guests";
pub const PVE_ASK_DISKS: &str = "Storage for disks";
pub const PVE_ASK_TEMPLATES: &str = "Storage for container templates";
pub const PVE_ASK_BRIDGE: &str = "Network for guests";
pub const PVE_ASK_ADDRESSES: &str =
    "Addresses of guests (dhcp, or a free range as 10.0.0.100-10.0.0.199/24)";
pub const PVE_ASK_GATEWAY: &str = "Gateway of that network";

pub const PVE_ABOUT_TOKENS: &str = "\
Havre works with an API token. If there is none yet, run this as root on a node; `havre proxmox setup` says later what else
the token needs:
  pveum user add havre@pve
  pveum user token add havre@pve deploy --privsep 0
The second command shows the secret once.";
pub const PVE_PASSWORD_FALLBACK: &str = "PROXMOX_USER and PROXMOX_PASSWORD are used, since there is no token. A token can be given less rights and taken back alone: better make one.";
pub const PVE_OTHER_CERTIFICATE: &str = "The server shows another certificate than at the last set-up. It may have been renewed, or another server answers.";
pub const PVE_NOT_CONFIRMED: &str = "Nobody confirmed the certificate of the server.";
pub const PVE_NOT_TRUSTED: &str = "The certificate was not confirmed. Nothing was stored.";
pub const PVE_NO_RANGE: &str =
    "dhcp is expected, or a range such as 10.0.0.100-10.0.0.199/24 (first-last/bits).";
pub const PVE_NO_GATEWAY: &str = "A range needs a gateway, such as 10.0.0.1 (--gateway).";
pub const PVE_NO_VMIDS: &str = "A range such as 20000-29999 is expected, from 100 on.";
pub const PVE_NO_JUMP: &str = "A jump host is written as user@host or user@host:port.";

pub const PVE_NOT_SET_UP: &str = "No cluster of Proxmox VE is set up.";
pub const PVE_SETUP_FIRST: &str = "Run `havre proxmox setup`.";
pub const PVE_SETUP_AGAIN: &str = "Run `havre proxmox setup` again.";
pub const PVE_STOP_SERVER: &str = "Stop `havre serve`, run the set-up, and start it again; apps go on meanwhile. `havre proxmox setup --check` works beside it.";
pub const PVE_SETTINGS_UNREAD: &str = "The stored settings of the cluster cannot be read.";
pub const PVE_COMMANDS: &str = "\nTo give the missing privileges, run as root on a node (running them twice does no harm; what is there already is refused):";
pub const PVE_READY: &str =
    "The cluster is ready. New deployments go there; restart `havre serve` if it runs.";
pub const PVE_NOT_READY: &str = "Something must be mended before deploys work. What was chosen is kept; look again with `havre proxmox setup --check`.";

pub const PVE_NODES: &str = "Nodes:";
pub const PVE_STORAGES: &str = "Storages:";
pub const PVE_BRIDGES: &str = "Networks:";
pub const PVE_TEMPLATES: &str = "Templates and images:";
pub const PVE_NOTHING: &str = "nothing that the token may see";

pub const PVE_QUORATE: &str = "there";
pub const PVE_NOT_QUORATE: &str = "lost: the cluster changes nothing until it is back";
pub const PVE_QUORUM_CURE: &str = "Bring nodes back until most of them are there (pvecm status).";
pub const PVE_QUORUM_UNSEEN: &str = "the token may not see it";
pub const PVE_QUORUM_UNSEEN_CURE: &str = "Give it Sys.Audit on /.";
pub const PVE_NODES_CURE: &str = "Start a node, or allow others (--node).";
pub const PVE_NODE_AWAY_CURE: &str = "The others are used meanwhile.";
pub const PVE_STORAGE_CURE: &str =
    "Choose another one (--disks), or let the token see it: Datastore.Audit on its path.";
pub const PVE_STORAGE_DOWN_CURE: &str = "Bring the storage back (pvesm status), or choose another.";
pub const PVE_FULL_CLONES: &str = "It has no linked clones, so each guest is a whole copy: slower, and more disk. ZFS, LVM-thin, Ceph and Btrfs have them.";
pub const PVE_TEMPLATE_CURE: &str = "Havre downloads one when the token may (Datastore.AllocateTemplate); else, on a node: pveam update && pveam download STORAGE debian-12-standard_…";
pub const PVE_BRIDGE_CURE: &str = "Choose another one (--bridge), or let the token use it: SDN.Use on /sdn/zones/localnetwork/BRIDGE; a vnet has the name of its zone there.";
pub const PVE_BRIDGE_DOWN_CURE: &str = "It is not up (ip link show).";
pub const PVE_RIGHTS: &str = "all that is needed";
pub const PVE_RIGHTS_BELOW: &str = "The commands for it are below.";
pub const PVE_RIGHTS_CURE: &str = "The commands for it: `havre proxmox setup --check`.";
pub const PVE_CREDENTIALS_CURE: &str =
    "Check the token's id and secret: `havre proxmox setup` asks for them again.";
pub const PVE_UNTRUSTED_CURE: &str = "If the certificate was renewed, confirm the new one: `havre proxmox setup`. If not, find out who answers.";
pub const PVE_UNREACHABLE_CURE: &str = "Check the address, and that port 8006 of the node can be reached from here; apps that run go on meanwhile.";
pub const PVE_VERSION_CURE: &str = "Havre is made for Proxmox VE 8 and 9.";
pub const PVE_TRUST_CURE: &str = "`havre proxmox setup` can change that.";

pub fn pve_missing(prompt: &str) -> String {
    format!("{prompt}: not given, and nobody can be asked.")
}

pub fn pve_missing_cure(flag: &str) -> String {
    format!("Give it with {flag}.")
}

pub fn pve_bad(prompt: &str, given: &str) -> String {
    format!("{prompt}: `{given}` cannot be used.")
}

pub fn pve_fingerprint(url: &str, fingerprint: &str) -> String {
    format!(
        "{url} shows a certificate with the SHA-256 fingerprint\n  {fingerprint}\nCompare it with the node's own: `pvenode cert info`, \
         or Node > Certificates in its pages."
    )
}

pub fn pve_confirm_cure(fingerprint: &str) -> String {
    format!(
        "If it is the right one: --fingerprint {fingerprint}, or PROXMOX_FINGERPRINT. Else --ca-file or --system-cas."
    )
}

pub fn pve_jump_not_reached(jump: &str) -> String {
    format!("The jump host {jump} cannot be logged in at.")
}

pub fn pve_jump_cure(line: &str) -> String {
    format!("Havre's key must stand in its authorized_keys:\n{line}")
}

pub fn pve_jump_key(jump: &str, key: &str) -> String {
    format!(
        "The jump host {jump} shows the host key\n  {key}\nIt is trusted from now on, and no other."
    )
}

pub fn pve_seen_version(version: &str, quorate: Option<bool>) -> String {
    let quorum = match quorate {
        Some(true) => ", with its quorum",
        Some(false) => ", WITHOUT its quorum",
        None => "",
    };
    format!("Proxmox VE {version}{quorum}.")
}

pub fn pve_version(version: &str, url: &str) -> String {
    format!("Proxmox VE {version} at {url}")
}

pub fn pve_node(name: &str, status: &str, free: u64) -> String {
    match free {
        0 => format!("{name}: {status}"),
        free => format!("{name}: {status}, {} of memory free", gib(free)),
    }
}

pub fn pve_nodes(online: usize, allowed: usize, all: usize) -> String {
    match allowed == all {
        true => format!("{online} of {all} online"),
        false => format!("{online} of the {allowed} allowed ones online ({all} in the cluster)"),
    }
}

pub fn pve_storage(
    name: &str,
    kind: &str,
    shared: bool,
    free: u64,
    [clones, snapshots]: [bool; 2],
) -> String {
    let shared = if shared { ", shared" } else { "" };
    let clones = if clones {
        "linked clones"
    } else {
        "full clones only"
    };
    let snapshots = if snapshots {
        "snapshots"
    } else {
        "no snapshots"
    };
    format!(
        "{name} ({kind}{shared}): {} free, {clones}, {snapshots}",
        gib(free)
    )
}

pub fn pve_bridge(name: &str, kind: &str, cidr: Option<&str>, comment: Option<&str>) -> String {
    let cidr = cidr.map(|cidr| format!(", {cidr}")).unwrap_or_default();
    let comment = comment.map(str::trim).filter(|comment| !comment.is_empty());
    let comment = comment
        .map(|comment| format!(": {comment}"))
        .unwrap_or_default();
    format!("{name} ({kind}{cidr}){comment}")
}

pub fn pve_no_storage(name: &str) -> String {
    format!("there is no storage {name}, or the token may not see it")
}

pub fn pve_no_template(storage: &str) -> String {
    format!("no template of Debian or Ubuntu on {storage}")
}

pub fn pve_no_such_template(wanted: &str, storage: &str) -> String {
    format!("there is no template {wanted} on {storage}, or the token may not see it")
}

pub const PVE_OTHER_TEMPLATE: &str = "Choose another one (--template; empty takes the newest Debian or Ubuntu), or put it there: Node > STORAGE > CT Templates.";

pub fn pve_no_pool(pool: &str) -> String {
    format!("there is no pool {pool}")
}

pub fn pve_pool_cure(pool: &str) -> String {
    format!("As root on a node: pveum pool add {pool}. Or choose another one (--pool, - for none).")
}

pub fn pve_no_nodes(names: &str) -> String {
    format!("the cluster has no node {names}")
}

pub fn pve_not_answered(url: &str) -> String {
    format!("{url} does not answer as Proxmox VE does.")
}

/// Only asked for what is there, so nothing can have been done half.
pub fn pve_silent(reason: &str) -> String {
    format!("The cluster did not answer: {reason}.")
}

pub fn pve_plain_http(url: &str) -> String {
    format!(
        "Proxmox VE answers at https:// only. Try {}.",
        url.replacen("http://", "https://", 1)
    )
}

pub fn pve_templates(files: &[&str]) -> String {
    match files {
        [one] => (*one).to_owned(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => String::new(),
    }
}

pub fn pve_no_bridge(name: &str) -> String {
    format!("there is no bridge or vnet {name}, or the token may not use it")
}

pub fn pve_lacks(privileges: &str, path: &str, why: &str) -> String {
    format!("the token lacks {privileges} on {path}, {why}")
}

pub fn pve_more(number: usize) -> String {
    format!("and {number} more")
}

fn gib(bytes: u64) -> String {
    let tenths = bytes / ((1 << 30) / 10);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}
