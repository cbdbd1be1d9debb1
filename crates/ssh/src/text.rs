//! Every sentence for users: what happened, what it means, what to do.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use crate::error::{Ran, Unreachable};
use crate::key::HostKey;

pub(crate) fn unreachable(place: &str, why: &Unreachable) -> String {
    let (what, cure) = match why {
        Unreachable::Refused => (
            "nothing listens on that port".to_owned(),
            "Is sshd running there?",
        ),
        Unreachable::TimedOut(after) => (
            format!("no answer within {}", seconds(*after)),
            "Is the machine up, and does a firewall let SSH through?",
        ),
        Unreachable::NoRoute => (
            "there is no route to it".to_owned(),
            "Check the address and the network, or set an SSH jump host",
        ),
        Unreachable::Name => (
            "its name has no address".to_owned(),
            "Check the name and the DNS settings",
        ),
        Unreachable::Closed => (
            "it ended the connection at once".to_owned(),
            "It may still be starting, or have too many connections; look at its sshd log",
        ),
        Unreachable::Jump => (
            "the jump host could not connect to it".to_owned(),
            "Check the address as the jump host sees it, and that its sshd has AllowTcpForwarding yes",
        ),
        Unreachable::Other(words) => (words.clone(), "Check the address and the network"),
    };
    format!("SSH to {place}: {what}. {cure}")
}

pub(crate) fn host_key(place: &str, expected: &[HostKey], seen: Option<&HostKey>) -> String {
    let known = match expected {
        [] => "any ed25519 key".to_owned(),
        keys => join(keys.iter().map(HostKey::fingerprint), " or "),
    };
    let shown = match seen {
        Some(key) => format!("it showed {}", key.fingerprint()),
        None => "it has no ed25519 host key".to_owned(),
    };
    format!(
        "SSH to {place}: the host key is wrong: {shown}, expected {known}. Another machine may answer at this address; nothing was sent to it"
    )
}

pub(crate) fn auth_refused(place: &str) -> String {
    format!(
        "SSH to {place}: the key was refused. Check that the public key is in authorized_keys of that user and that sshd accepts keys for it"
    )
}

pub(crate) fn lost(place: &str, ran: Ran, why: &str) -> String {
    let meaning = match ran {
        Ran::No => "The command was not sent",
        Ran::Maybe => "The command may have run, and may still run",
    };
    let why = if why.is_empty() {
        String::new()
    } else {
        format!(" ({why})")
    };
    format!("SSH to {place}: the connection went away{why}. {meaning}")
}

pub(crate) fn too_long(place: &str, after: Duration) -> String {
    format!(
        "SSH to {place}: the command did not end within {}. It may still run",
        seconds(after)
    )
}

pub(crate) fn refused(place: &str, what: &str) -> String {
    format!(
        "SSH to {place}: refused: {what}. Look at the sshd log there (MaxSessions, ForceCommand)"
    )
}

pub(crate) fn busy(place: &str) -> String {
    format!("SSH to {place}: all connections are in use. Try again when other work has ended")
}

pub(crate) fn local(error: &std::io::Error) -> String {
    format!("this side could not read or write the data of the command: {error}")
}

pub(crate) fn protocol(place: &str, what: &str) -> String {
    format!("SSH to {place}: the other side does not speak SSH as it should: {what}")
}

pub(crate) const NO_ARGV: &str = "a command needs a program";
pub(crate) const NUL: &str = "an argument has a NUL byte, which no program can be given";

pub(crate) fn odd_program(program: &str) -> String {
    format!("{program:?} cannot be run as a program: its name is empty or starts with `-`")
}

pub(crate) fn long_command(bytes: usize, most: usize) -> String {
    format!("the command has {bytes} bytes, {most} at most can be sent: send the rest by stdin")
}

pub(crate) fn long_chain(most: usize) -> String {
    format!("more than {most} machines in a chain of jump hosts")
}

pub(crate) fn no_start(after: Duration) -> String {
    format!("no answer to the request within {}", seconds(after))
}

pub(crate) fn no_channel(to: &str, why: &str) -> String {
    format!("{to} ({why})")
}

pub(crate) fn tcp(host: &str, port: u16) -> String {
    format!("a connection to {host}:{port}")
}

pub(crate) const CHANNEL: &str = "a channel for a command";
pub(crate) const EXEC: &str = "to run the command";
pub(crate) const NO_STATUS: &str = "the channel ended without an exit status";
pub(crate) const KEEPALIVE: &str = "it no longer answers";

pub(crate) fn key_io(path: &Path, doing: &str, error: &dyn Display) -> String {
    format!("cannot {doing} the SSH key {}: {error}", path.display())
}

pub(crate) fn key_mode(path: &Path, mode: u32) -> String {
    format!(
        "the SSH key {} can be read by others (mode {mode:o}): run `chmod 600` on it, or make a new one if somebody may have it",
        path.display()
    )
}

pub(crate) const KEY_FORM: &str = "this is not an OpenSSH key";
pub(crate) const KEY_KIND: &str =
    "only ed25519 keys are used here: make one with `ssh-keygen -t ed25519`";
pub(crate) const KEY_LOCKED: &str =
    "the key has a passphrase, which a server cannot type: remove it with `ssh-keygen -p`";

pub(crate) fn bad_host(host: &str) -> String {
    format!("{host:?} is neither an IP address nor a host name")
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f32())
}

fn join(words: impl Iterator<Item = String>, by: &str) -> String {
    words.collect::<Vec<_>>().join(by)
}
