//! Sorts the cluster's words. Nearly every refusal is a status 500 with a sentence, so the sentence decides.

use std::collections::BTreeMap;

use super::{Conflict, Kind, Missing};

/// The sort of a refused request, and whether it is known that nothing was done.
pub(crate) fn sort_answer(
    status: u16,
    reason: &str,
    errors: &BTreeMap<String, String>,
) -> (Kind, bool) {
    let kind = match status {
        401 => Kind::Credentials,
        403 => missing_privilege(reason),
        400 => sort_parameters(reason, errors),
        // The API neither redirects nor says "not found": this is another server, or a proxy in front.
        300..=399 | 404 => Kind::BadAnswer,
        501 if reason.contains("data too large") => Kind::BadParameters,
        501 => Kind::NotThere,
        // Numbers of the proxy between nodes: 595 could not connect, 599 did not get that far, 596 and 597 broke off.
        595 | 599 => Kind::Transient,
        // 502 to 504 come from a proxy that somebody put in front.
        408 | 502..=504 | 596..=598 => Kind::Ambiguous,
        _ => sort_text(reason),
    };
    let nothing_done = match kind {
        Kind::Ambiguous | Kind::Other | Kind::Capacity => false,
        // A volume that is missed in the middle of something may come after what was done already.
        Kind::Gone(missing) => matches!(missing, Missing::Guest | Missing::Task | Missing::Pool),
        Kind::Transient => {
            matches!(status, 595 | 599) || is_lock_timeout(reason) || is_no_worker(reason)
        }
        _ => true,
    };
    (kind, nothing_done)
}

/// The sort of a failed task: its exit status, and when that says nothing, the last lines of its log.
pub(crate) fn sort_task(exitstatus: &str, log: &[String]) -> Kind {
    if exitstatus.contains("Permission check failed") {
        return missing_privilege(exitstatus);
    }
    let first = sort_text(exitstatus);
    if first != Kind::Other {
        return first;
    }
    log.iter()
        .rev()
        .take(10)
        .map(|line| sort_text(line))
        .find(|kind| *kind != Kind::Other)
        .unwrap_or(Kind::Other)
}

fn sort_parameters(reason: &str, errors: &BTreeMap<String, String>) -> Kind {
    if errors
        .values()
        .any(|error| error.contains("already exists"))
    {
        return Kind::Conflict(Conflict::AlreadyExists);
    }
    if errors.is_empty() {
        match sort_text(reason) {
            Kind::Other => Kind::BadParameters,
            told => told,
        }
    } else {
        Kind::BadParameters
    }
}

/// `Permission check failed (/path, Priv|Priv)`, or in brackets a sentence that names neither.
fn missing_privilege(reason: &str) -> Kind {
    let inside = reason
        .split_once('(')
        .and_then(|(_, rest)| rest.rsplit_once(')'))
        .map(|(inside, _)| inside.trim());
    let (path, names) = match inside.and_then(|inside| inside.split_once(',')) {
        Some((path, names)) if path.starts_with('/') => (path.trim(), names),
        _ => ("", ""),
    };
    let names = names
        .split(['|', ',', ' '])
        .map(str::trim)
        .filter(|name| is_privilege(name));
    Kind::MissingPrivilege {
        path: path.to_owned(),
        privileges: names.map(str::to_owned).collect(),
    }
}

fn is_privilege(name: &str) -> bool {
    name.contains('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

fn sort_text(reason: &str) -> Kind {
    let low = reason.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| low.contains(word));
    if let Some(lock) = lock_of(reason) {
        Kind::Conflict(Conflict::Locked(lock))
    } else if says(&["no quorum", "not quorate"])
        || low.contains("/etc/pve") && says(&["permission denied", "read-only"])
    {
        Kind::NoQuorum
    } else if is_lock_timeout(reason) || is_no_worker(reason) || says(TRANSIENT) {
        Kind::Transient
    } else if says(CAPACITY) {
        Kind::Capacity
    } else if let Some(conflict) = conflict(&low) {
        Kind::Conflict(conflict)
    } else if says(GONE) {
        Kind::Gone(missing(&low))
    } else if low.contains("permission check failed") {
        missing_privilege(reason)
    } else if says(&[
        "got timeout",
        "timed out",
        "unexpected status",
        "unable to get last line from task log",
    ]) {
        Kind::Ambiguous
    } else {
        Kind::Other
    }
}

const TRANSIENT: &[&str] = &[
    "connection refused",
    "no route to host",
    "got lock request timeout",
    "is not online",
    "hostname lookup",
    "unable to activate storage",
    "temporary failure",
    "too many connections",
];

const CAPACITY: &[&str] = &[
    "not enough space",
    "no space left",
    "out of space",
    "out of memory",
    "not enough memory",
    "cannot allocate memory",
    "insufficient free space",
    "insufficient memory",
    "quota exceeded",
    "out of quota",
    "not enough free space",
    "exceeds available",
    "unable to get any free vmid",
    "too low on memory",
];

const GONE: &[&str] = &[
    "does not exist",
    "no such",
    "unable to find",
    "doesn't exist",
];

/// `CT is locked (disk)`, `VM is locked (clone)`.
fn lock_of(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once(" is locked (")?;
    let (lock, _) = rest.split_once(')')?;
    let plain = !lock.is_empty()
        && lock.len() <= 40
        && lock.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain.then(|| lock.to_owned())
}

/// The lock is taken before anything is changed, so one that was not got has done nothing.
fn is_lock_timeout(reason: &str) -> bool {
    (reason.contains("can't lock file") && reason.contains("got timeout"))
        || reason.contains("got lock request timeout")
}

/// The worker waits for its parent before it begins; one that never told its name has done nothing.
fn is_no_worker(reason: &str) -> bool {
    reason.contains("got no worker upid")
}

fn conflict(low: &str) -> Option<Conflict> {
    let says = |words: &[&str]| words.iter().any(|word| low.contains(word));
    if says(&[
        "already exists",
        "refusing to override existing file",
        "already in use",
        "already used",
    ]) {
        Some(Conflict::AlreadyExists)
    } else if says(&["already running", "container is running"]) || of_guest(low, "is running") {
        Some(Conflict::AlreadyRunning)
    } else if says(&["container is not running"]) || of_guest(low, "not running") {
        Some(Conflict::NotRunning)
    } else if low.contains("already at specified size") {
        Some(Conflict::SameSize)
    } else if low.contains("protection mode enabled") || low.contains("is protected") {
        Some(Conflict::Protected)
    } else if says(&[
        "detected modified configuration",
        "file change by other user",
    ]) {
        Some(Conflict::Changed)
    } else {
        None
    }
}

fn missing(low: &str) -> Missing {
    let of_config = low.contains("configuration file");
    let guest = (of_config && low.contains(".conf"))
        || ["ct", "vm"]
            .iter()
            .any(|word| of_config && low.contains(&format!("for {word} ")))
        || of_guest(low, "does not exist")
        || of_guest(low, "doesn't exist");
    if low.contains("no such cluster node") {
        Missing::Node
    } else if low.contains("snapshot") {
        Missing::Snapshot
    } else if guest {
        Missing::Guest
    } else if low.contains("no such task") {
        Missing::Task
    } else if low.contains("volume") || low.contains("template") || low.contains("disk") {
        Missing::Volume
    } else if low.contains("storage") {
        Missing::Storage
    } else if low.contains("pool") {
        Missing::Pool
    } else if low.contains("node") {
        Missing::Node
    } else {
        Missing::Thing
    }
}

/// `CT 100 does not exist`, `VM 100 is running - destroy failed`: these words behind a guest's number. Alone they would fit
/// anything that belongs to the guest.
fn of_guest(low: &str, words: &str) -> bool {
    ["ct ", "vm "].iter().any(|kind| {
        low.match_indices(kind).any(|(at, _)| {
            let rest = &low[at + kind.len()..];
            let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '\'');
            behind.len() < rest.len() && behind.trim_start().starts_with(words)
        })
    })
}

/// The number of the guest whose configuration is missed, when it is told.
pub(crate) fn missed_guest(reason: &str) -> Option<u32> {
    let (before, _) = reason.split_once(".conf")?;
    let digits = before.trim_end_matches(|c: char| c.is_ascii_digit());
    before[digits.len()..].parse().ok()
}
