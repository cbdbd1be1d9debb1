//! The one uid and gid of a guest: 1000 inside, its deployment's own (root) or this user's (otherwise) outside.

use std::fs;

use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};

use super::super::trouble::{On, Trouble};
use super::super::wire::{INNER_ID, Ids};

/// Writes the maps of a process in a new user namespace, from outside.
pub fn write_maps(pid: i32, ids: Ids) -> Result<(), Trouble> {
    let (uid, gid) = ids.outer;
    let write = |file: &str, text: String| {
        fs::write(format!("/proc/{pid}/{file}"), text)
            .on(format!("write {file} of the user namespace"))
    };
    if !ids.privileged {
        // Without this the kernel lets no ordinary user map a group.
        write("setgroups", "deny".into())?;
    }
    write("uid_map", format!("{INNER_ID} {uid} 1"))?;
    write("gid_map", format!("{INNER_ID} {gid} 1"))
}

/// Takes the app's ids; the capabilities in the namespace stay, since no id 0 is left behind.
pub fn become_app(ids: Ids) -> Result<(), Trouble> {
    let (uid, gid) = (Uid::from_raw(INNER_ID), Gid::from_raw(INNER_ID));
    if ids.privileged {
        setgroups(&[]).on("drop the groups")?;
    }
    setresgid(gid, gid, gid).on("take the app's group")?;
    setresuid(uid, uid, uid).on("take the app's user")
}
