//! What git says when it fails, as an error for whoever can mend it. Git speaks English here (`LC_ALL=C`).

use domain::ports::SourceError;

use crate::git::{Ended, Stop};
use crate::remote::Remote;
use crate::text;

/// Why a fetch of one ref did not work, where another way may.
pub(crate) enum Miss {
    /// The other side has no such ref.
    NoRef,
    /// The other side gives out no such commit by its hash alone.
    NotGivenOut,
    /// The other side cannot cut the history.
    NotShallow,
    /// The repository has another kind of hashes.
    OtherHashes,
    /// No other way will do.
    Failed(SourceError),
}

impl From<SourceError> for Miss {
    fn from(error: SourceError) -> Self {
        Self::Failed(error)
    }
}

/// What a failed fetch means.
pub(crate) fn explain(remote: &Remote, ended: &Ended) -> Miss {
    let said = ended.stderr.as_str();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["couldn't find remote ref", "Could not find remote branch"]) {
        Miss::NoRef
    } else if has(&["not our ref", "unadvertised object", "no such remote ref"]) {
        Miss::NotGivenOut
    } else if has(&["does not support shallow"]) {
        Miss::NotShallow
    } else if has(&["mismatched algorithms"]) {
        Miss::OtherHashes
    } else {
        Miss::Failed(final_error(remote, ended))
    }
}

/// The rest, in the order from the certain to the vague: later words also stand beside earlier ones.
fn final_error(remote: &Remote, ended: &Ended) -> SourceError {
    let url = &remote.url;
    let said = ended.stderr.as_str();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let cure = remote.private_cure;
    if has(&["No space left on device", "Disk quota exceeded"]) {
        return SourceError::Other {
            what: text::DISK_FULL.into(),
            source: shortened(said).into(),
        };
    }
    if has(&[
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "Host key verification failed",
    ]) {
        return text::host_key_changed(url);
    }
    if has(&[
        "Permission denied (publickey",
        "Too many authentication failures",
    ]) {
        return text::no_permission(url, text::CURE_KEY);
    }
    if has(&[
        "could not read Username",
        "unable to get password",
        "could not read Password",
        "Authentication failed",
        "error: 401",
        "error: 403",
    ]) {
        return text::no_permission(url, cure.unwrap_or(text::CURE_TOKEN));
    }
    if has(&[
        "Could not resolve host",
        "Could not resolve proxy",
        "Temporary failure in name resolution",
    ]) {
        return text::host_unknown(url);
    }
    if has(&[
        "server certificate verification failed",
        "SSL certificate problem",
        "certificate verif",
    ]) {
        return text::tls_failed(url);
    }
    if has(&[
        "Failed to connect",
        "Couldn't connect",
        "Connection refused",
        "Connection timed out",
        "unreachable",
        "No route to host",
    ]) {
        return text::host_unreachable(url);
    }
    if has(&["fsck error", "error in object"])
        || said.contains("error: object ") && said.contains("contains ")
    {
        return text::broken_objects(url);
    }
    if has(&["died of signal 25", "File too large"]) || ended.code == 128 + libc::SIGXFSZ {
        return text::transfer_too_large(0);
    }
    if has(&["The requested URL returned error: 5", "error: 429"]) {
        return text::host_failed(url);
    }
    if has(&[
        "not found",
        "does not exist",
        "not appear to be a git repository",
        "Repository not found",
        "error: 404",
        "not valid: is this a git repository",
    ]) {
        return text::no_repository(url, cure);
    }
    if has(&[
        "hung up",
        "Empty reply",
        "unable to access",
        "early EOF",
        "RPC failed",
        "Connection reset",
        "Operation too slow",
        "Broken pipe",
        "Could not read from remote",
    ]) {
        return text::broke_off(url);
    }
    SourceError::Other {
        what: format!("fetch {url}"),
        source: format!("git ended with {}: {}", ended.code, shortened(said)).into(),
    }
}

/// A git that should not have failed.
pub(crate) fn unexpected(doing: &str, ended: &Ended) -> SourceError {
    let said = &ended.stderr;
    if said.contains("No space left on device") || said.contains("Disk quota exceeded") {
        return SourceError::Other {
            what: text::DISK_FULL.into(),
            source: shortened(said).into(),
        };
    }
    SourceError::Other {
        what: doing.to_owned(),
        source: format!("git ended with {}: {}", ended.code, shortened(said)).into(),
    }
}

/// A git that was stopped. `limit` is what it may transfer; a reader that had enough has said why itself.
pub(crate) fn stopped(stop: Stop, timeout: std::time::Duration, limit: u64) -> SourceError {
    match stop {
        Stop::TimedOut => SourceError::TimedOut(timeout),
        Stop::TooLarge => text::transfer_too_large(limit),
        Stop::Cancelled | Stop::Enough => {
            SourceError::Transient("the fetch was given up".to_owned())
        }
        Stop::Io(error) if error.kind() == std::io::ErrorKind::NotFound => SourceError::Other {
            what: text::NO_GIT.into(),
            source: error.into(),
        },
        Stop::Io(error) => SourceError::Other {
            what: "run git".into(),
            source: error.into(),
        },
    }
}

/// The last lines, without control characters: the other side can say anything.
fn shortened(said: &str) -> String {
    let clean: Vec<String> = said
        .lines()
        .map(|line| line.chars().filter(|c| !c.is_control()).take(300).collect())
        .collect();
    clean[clean.len().saturating_sub(6)..].join(" / ")
}
