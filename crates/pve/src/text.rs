//! Every sentence this crate shows to a user.

use crate::error::{Conflict, Error, Kind, Missing};

/// The most characters of a cluster's sentence that are kept.
pub(crate) const REASON: usize = 600;

/// Text from outside, fit to be shown: one line, no control characters, at most so many characters.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let plain = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !is_bidi(*c));
    let mut out: String = plain.take(most + 1).collect();
    if out.chars().count() > most {
        out = out.chars().take(most).collect();
        out.push('…');
    }
    out.trim().to_owned()
}

/// Marks that turn the direction of text would let a hostile answer show another sentence than it is.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(crate) fn bad_name(what: &str, value: &str, wants: &str) -> String {
    format!("{value:?} is not a {what}. It must be {wants}.")
}

/// The sentence of a failure: what happened, what it means, what to do.
pub(crate) fn failure(error: &Error) -> String {
    let said = said(error);
    let asked = error
        .asked()
        .map(|asked| format!(" ({asked})"))
        .unwrap_or_default();
    format!("{said}{asked}")
}

fn said(error: &Error) -> String {
    let reason = error.reason();
    match error.kind() {
        Kind::Credentials => {
            format!(
                "Proxmox VE does not accept the token or password{}. Check its name, its secret and whether it has expired.",
                told(reason)
            )
        }
        Kind::MissingPrivilege { path, privileges } => missing_privilege(path, privileges, reason),
        Kind::Capacity => format!(
            "There is no room for this on the cluster: {reason}. Free some space or memory, or choose another node or storage."
        ),
        Kind::Conflict(conflict) => clash(conflict, reason),
        Kind::Transient => format!(
            "The cluster could not do this right now: {reason}. It usually passes; try again in a moment."
        ),
        Kind::Ambiguous => format!(
            "It is not known whether the cluster did this: {reason}. Look at the guest and at its tasks before trying again."
        ),
        Kind::Gone(missing) => format!("{} is not there: {reason}.", thing(*missing)),
        Kind::BadParameters => format!(
            "Proxmox VE does not accept a parameter: {}.",
            parameters(error)
        ),
        Kind::NoQuorum => format!(
            "The cluster has lost its quorum and changes nothing until enough nodes are back: {reason}."
        ),
        Kind::NotThere => {
            format!("This Proxmox VE cannot do this: {reason}. Versions 8 and 9 are supported.")
        }
        Kind::Untrusted { seen } => {
            let seen = seen
                .map(|seen| format!(" It shows the fingerprint {seen}."))
                .unwrap_or_default();
            format!(
                "The certificate of the server is not trusted: {reason}.{seen} If it was renewed, confirm the new one in the set-up; if not, somebody may stand between."
            )
        }
        Kind::Unreachable => format!(
            "Proxmox VE cannot be reached: {reason}. Check the address, the port (8006) and whether the node is on."
        ),
        Kind::BadAnswer => format!(
            "The server gave an answer that is not understood: {reason}. Check that the address is that of Proxmox VE."
        ),
        Kind::Other => format!("Proxmox VE refused: {}.", parameters(error)),
    }
}

fn told(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    }
}

fn missing_privilege(path: &str, privileges: &[String], reason: &str) -> String {
    if path.is_empty() || privileges.is_empty() {
        return format!("A privilege is missing: {reason}. Give it to the user and to the token.");
    }
    let names = privileges.join(" or ");
    format!(
        "The privilege {names} is missing on {path}. Give it to the user and, when the token has its own rights, to the token."
    )
}

fn clash(conflict: &Conflict, reason: &str) -> String {
    match conflict {
        Conflict::AlreadyExists => format!("It is there already: {reason}."),
        Conflict::AlreadyRunning => format!("The guest is running: {reason}."),
        Conflict::NotRunning => format!("The guest is not running: {reason}."),
        Conflict::Locked(lock) => {
            format!("The guest is locked by another task ({lock}). Wait until it has ended.")
        }
        Conflict::Protected => format!(
            "The guest is protected from being destroyed: {reason}. Take its protection flag off first."
        ),
        Conflict::SameSize => format!("The disk has this size already: {reason}."),
        Conflict::Changed => format!(
            "Somebody else changed it at the same time: {reason}. Read it again and repeat."
        ),
    }
}

fn thing(missing: Missing) -> &'static str {
    match missing {
        Missing::Guest => "The guest",
        Missing::Volume => "The volume or template",
        Missing::Snapshot => "The snapshot",
        Missing::Storage => "The storage",
        Missing::Node => "The node",
        Missing::Pool => "The pool",
        Missing::Task => "The task",
        Missing::Thing => "Something that is needed",
    }
}

fn parameters(error: &Error) -> String {
    let single: Vec<String> = error
        .errors()
        .iter()
        .map(|(name, why)| format!("{name}: {}", why.trim_end_matches('.')))
        .collect();
    if single.is_empty() {
        error.reason().trim_end_matches('.').to_owned()
    } else {
        single.join("; ")
    }
}

pub(crate) fn no_base_url(url: &str) -> String {
    format!(
        "{:?} is not the address of a Proxmox VE. Write it as https://HOST:8006.",
        clean(url, 200)
    )
}

pub(crate) fn no_fingerprint(text: &str) -> String {
    format!(
        "{:?} is not a SHA-256 fingerprint. It has 32 bytes in hex, with or without colons.",
        clean(text, 120)
    )
}

pub(crate) fn fingerprint_differs() -> &'static str {
    "its fingerprint is not the one that was pinned"
}

pub(crate) fn no_ca_file(path: &std::path::Path, why: &str) -> String {
    format!("the CA file {} cannot be used: {why}", path.display())
}

pub(crate) fn not_declared(name: &str, method: &str, path: &str) -> String {
    format!("{name} is not a parameter that this client sends to {method} {path}")
}

pub(crate) fn only_nine(what: &str, version: &str) -> String {
    format!("{what} needs Proxmox VE 9, this is {version}")
}

pub(crate) fn too_large(most: usize) -> String {
    format!("the answer is larger than {most} bytes")
}

pub(crate) fn task_lost(why: &str) -> String {
    format!("the task ended without saying how ({why})")
}

pub(crate) fn task_unfinished(kind: &str, seconds: u64) -> String {
    format!("the task {kind} still runs after {seconds} seconds")
}

pub(crate) const WARN_ANY_CERTIFICATE: &str = "The certificate of Proxmox VE is not checked, so anybody on the way can read the token. Pin its fingerprint.";
pub(crate) const WARN_PLAIN: &str = "The connection to Proxmox VE is not encrypted, so anybody on the way can read the token. Use https.";
pub(crate) const WARN_PASSWORD: &str = "Proxmox VE is used with a user and password. Make an API token, which has fewer rights and can be withdrawn.";
pub(crate) const HIDDEN: &str = "the server repeated the secret in its answer, which is not shown";

pub(crate) fn no_log(error: &Error) -> String {
    format!("(the log could not be read: {error})")
}

pub(crate) fn guest_without_place(id: &str) -> String {
    format!("the guest {:?} has no number or node", clean(id, 80))
}

pub(crate) fn no_file(path: &std::path::Path, error: &std::io::Error) -> String {
    format!("the file {} cannot be read: {error}", path.display())
}

pub(crate) const NO_SUM: &str = "a checksum is written in hex";

pub(crate) fn other_kind(wanted: crate::GuestKind) -> String {
    match wanted {
        crate::GuestKind::Lxc => "only a container can do this",
        crate::GuestKind::Qemu => "only a VM can do this",
    }
    .to_owned()
}
