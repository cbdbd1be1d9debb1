//! The names that appear in requests. Each is parsed once, so that nothing unparsed reaches a path, a query or a body.

mod macros;
mod tag;
mod upid;
mod vmid;
mod volid;

pub(crate) use macros::name_type;
pub use tag::{Tag, Tags};
pub use upid::Upid;
pub use vmid::Vmid;
pub use volid::Volid;

use crate::text;

/// A name that Proxmox VE would not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", text::bad_name(what, value, wants))]
pub struct BadName {
    /// What it was meant for, as "node name".
    pub what: &'static str,
    /// The name, shortened and without control characters.
    pub value: String,
    /// What is asked of such a name.
    pub wants: &'static str,
}

impl BadName {
    pub(crate) fn new(what: &'static str, value: &str, wants: &'static str) -> BadName {
        BadName {
            what,
            value: text::clean(value, 80),
            wants,
        }
    }
}

name_type! {
    /// The short name of a cluster node, as `pve1`; never a full domain name.
    NodeName, "node name", "letters, digits and inner hyphens, at most 63", is_label
}
name_type! {
    /// The name of a storage, as `local-zfs`.
    StorageId, "storage name", "two letters, digits, `-`, `_` or `.` at least, the first a letter", is_storage
}
name_type! {
    /// The name of a snapshot: two characters at least.
    SnapName, "snapshot name", "2 to 40 letters, digits, `-` or `_`, the first a letter; not `current` or `vzdump`", is_snapshot
}
name_type! {
    /// The name of a resource pool; up to three levels with `/` between.
    PoolId, "pool name", "letters, digits, `-`, `_` and `.`, up to three levels with `/` between", is_pool
}
name_type! {
    /// The name of a bridge or of an SDN vnet, as `vmbr0`.
    Bridge, "bridge name", "letters, digits, `-`, `_` and `.`, at most 40", is_bridge
}
name_type! {
    /// A host name of labels with dots between.
    HostName, "host name", "labels of letters, digits and inner hyphens with dots between, at most 253 in all", is_host
}
name_type! {
    /// The name of a file on a storage, without a folder.
    FileName, "file name", "letters, digits, `-`, `_`, `.` and `+`, the first a letter or digit, at most 200", is_file
}
name_type! {
    /// The key of one option of a guest, as `net0` or `ssh-public-keys`.
    ConfigKey, "option name", "2 to 40 letters, digits, `-` or `_`, the first a letter", is_config
}
name_type! {
    /// A user of a realm, as `havre@pve`.
    UserId, "user name", "`user@realm`", is_user
}
name_type! {
    /// The name of an API token, as `havre@pve!deploy`.
    TokenId, "token name", "`user@realm!name`", is_token
}

/// The ACL path on which a new guest needs `VM.Allocate`: its pool, or its own.
pub(crate) fn place_of(vmid: Vmid, pool: Option<&PoolId>) -> String {
    pool.map_or_else(|| format!("/vms/{vmid}"), |pool| format!("/pool/{pool}"))
}

/// The most that a [`SnapName`] or [`ConfigKey`] has.
const CONFIG_ID: std::ops::RangeInclusive<usize> = 2..=40;

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_host(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_storage(text: &str) -> bool {
    (2..=100).contains(&text.len())
        && starts_alphabetic(text)
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn is_config(text: &str) -> bool {
    CONFIG_ID.contains(&text.len())
        && starts_alphabetic(text)
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

fn is_snapshot(text: &str) -> bool {
    is_config(text) && !["current", "vzdump"].contains(&text)
}

fn is_pool(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(word_like);
    text.len() <= 100 && text.split('/').count() <= 3 && text.split('/').all(part)
}

fn is_bridge(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.chars().all(word_like)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_file(text: &str) -> bool {
    (1..=200).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| word_like(c) || c == '+')
}

fn is_user(text: &str) -> bool {
    let Some((user, realm)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_graphic() && !":/!".contains(c);
    !user.is_empty() && user.len() <= 64 && user.chars().all(plain) && is_storage(realm)
}

fn is_token(text: &str) -> bool {
    text.split_once('!')
        .is_some_and(|(user, name)| is_user(user) && is_storage(name))
}

fn word_like(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

fn starts_alphabetic(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}
