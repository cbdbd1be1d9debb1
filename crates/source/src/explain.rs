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
    /// It wrote more than it may.
    TooMuch,
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
    if says(
        ended,
        &["couldn't find remote ref", "Could not find remote branch"],
    ) {
        Miss::NoRef
    } else if says(
        ended,
        &["not our ref", "unadvertised object", "no such remote ref"],
    ) {
        Miss::NotGivenOut
    } else if says(ended, &["does not support shallow"]) {
        Miss::NotShallow
    } else if says(ended, &["mismatched algorithms"]) {
        Miss::OtherHashes
    } else if ended.code == 128 + libc::SIGXFSZ
        || says(ended, &["died of signal 25", "File too large"])
    {
        Miss::TooMuch
    } else {
        Miss::Failed(final_error(remote, ended))
    }
}

/// What to tell when git says one of some words.
type Tell = fn(&Remote, &Ended) -> SourceError;

/// In the order from the certain to the vague: the later words also stand beside the earlier ones.
const SAYINGS: &[(&[&str], Tell)] = &[
    (DISK_FULL, |_, ended| full(&ended.stderr)),
    (
        &[
            "REMOTE HOST IDENTIFICATION HAS CHANGED",
            "Host key verification failed",
        ],
        |remote, _| text::host_key_changed(&remote.url),
    ),
    (
        &["Permission denied (", "Too many authentication failures"],
        |remote, _| text::no_permission(&remote.url, text::CURE_KEY),
    ),
    (
        &[
            "could not read Username",
            "could not read Password",
            "unable to get password",
            "Authentication failed",
            "error: 401",
            "error: 403",
        ],
        |remote, _| {
            text::no_permission(&remote.url, remote.private_cure.unwrap_or(text::CURE_TOKEN))
        },
    ),
    (
        &[
            "Could not resolve",
            "Temporary failure in name resolution",
            "Name or service not known",
        ],
        |remote, _| text::host_unknown(&remote.url),
    ),
    (
        &[
            "certificate verification failed",
            "SSL certificate problem",
            "certificate verif",
        ],
        |remote, _| text::tls_failed(&remote.url),
    ),
    (
        &[
            "Failed to connect",
            "Couldn't connect",
            "Could not connect",
            "Connection refused",
            "Connection timed out",
            "unreachable",
            "No route to host",
        ],
        |remote, _| text::host_unreachable(&remote.url),
    ),
    (
        &["fsck error", "error in object", "error: object "],
        |remote, _| text::broken_objects(&remote.url),
    ),
    (&["died of signal 24"], |_, _| {
        text::unpacking_took_too_long()
    }),
    (&["returned error: 5", "error: 429"], |remote, _| {
        text::host_failed(&remote.url)
    }),
    (
        &[
            "not found",
            "does not exist",
            "not appear to be a git repository",
            "error: 404",
            "is this a git repository",
        ],
        |remote, _| text::no_repository(&remote.url, remote.private_cure),
    ),
    (
        &[
            "hung up",
            "Empty reply",
            "early EOF",
            "RPC failed",
            "Connection reset",
            "Connection closed",
            "Operation too slow",
            "Broken pipe",
            "Could not read from remote",
        ],
        |remote, _| text::broke_off(&remote.url),
    ),
    (&["unable to access"], |remote, _| {
        text::host_failed(&remote.url)
    }),
];

const DISK_FULL: &[&str] = &["No space left on device", "Disk quota exceeded"];

fn says(ended: &Ended, words: &[&str]) -> bool {
    words.iter().any(|word| ended.stderr.contains(word))
}

fn full(said: &str) -> SourceError {
    SourceError::Other {
        what: text::DISK_FULL.into(),
        source: shortened(said).into(),
    }
}

fn final_error(remote: &Remote, ended: &Ended) -> SourceError {
    if ended.code == 128 + libc::SIGXCPU {
        return text::unpacking_took_too_long();
    }
    match SAYINGS.iter().find(|(words, _)| says(ended, words)) {
        Some((_, tell)) => tell(remote, ended),
        None => unexpected(&format!("fetch {}", remote.url), ended),
    }
}

/// A git that should not have failed.
pub(crate) fn unexpected(doing: &str, ended: &Ended) -> SourceError {
    if says(ended, DISK_FULL) {
        return full(&ended.stderr);
    }
    SourceError::Other {
        what: doing.to_owned(),
        source: format!(
            "git ended with {}: {}",
            ended.code,
            shortened(&ended.stderr)
        )
        .into(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GitConfig;
    use rstest::rstest;

    fn told(url: &str, stderr: &str) -> SourceError {
        let config = GitConfig {
            deploy_key: Some("/k".into()),
            ..GitConfig::below("/x")
        };
        let Ok(remote) = Remote::of(&config, &url.parse().unwrap()) else {
            panic!("{url}")
        };
        final_error(
            &remote,
            &Ended {
                code: 128,
                stderr: stderr.to_owned(),
            },
        )
    }

    /// What real hosts and versions of git were seen to say.
    #[rstest]
    #[case(
        "https://github.com/a/b",
        "remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found",
        "There is no Git repository"
    )]
    #[case(
        "https://github.com/a/b",
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        "GITHUB_TOKEN"
    )]
    #[case(
        "https://gitlab.com/a/b",
        "fatal: Authentication failed for 'https://gitlab.com/a/b/'",
        "deploy key"
    )]
    #[case(
        "git@github.com:a/b",
        "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
        "deploy key"
    )]
    #[case(
        "git@github.com:a/b",
        "ERROR: Repository not found.\nfatal: Could not read from remote repository.",
        "There is no Git repository"
    )]
    #[case(
        "git@h:a",
        "@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\nfatal: Could not read from remote repository.",
        "another key"
    )]
    #[case(
        "https://h/a",
        "fatal: unable to access 'https://h/a/': server certificate verification failed. CAfile: none",
        "certificate"
    )]
    #[case(
        "https://h/a",
        "error: object 1234: badTree: cannot be parsed\nfatal: fsck error in packed object",
        "check refuses"
    )]
    fn the_users_errors_come_with_their_cure(
        #[case] url: &str,
        #[case] stderr: &str,
        #[case] words: &str,
    ) {
        let SourceError::Refused { what, cure } = told(url, stderr) else {
            panic!("not refused")
        };
        assert!(format!("{what}. {cure}").contains(words), "{what}. {cure}");
    }

    #[rstest]
    #[case("fatal: unable to access 'https://h/a/': Could not resolve host: h")]
    #[case(
        "fatal: unable to access 'https://h/a/': Failed to connect to h port 443 after 2 ms: Couldn't connect to server"
    )]
    #[case("error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly\nfatal: early EOF")]
    #[case("fatal: unable to access 'https://h/a/': The requested URL returned error: 502")]
    #[case("fatal: unable to access 'https://h/a/': gnutls_handshake() failed")]
    fn what_may_pass_is_worth_another_try(#[case] stderr: &str) {
        assert!(matches!(
            told("https://h/a", stderr),
            SourceError::Transient(_)
        ));
    }

    #[test]
    fn what_nobody_knows_goes_to_the_log_cleaned() {
        let SourceError::Other { source, .. } = told("https://h/a", "fatal: \x1b[31modd\x07")
        else {
            panic!("known")
        };
        assert_eq!(source.to_string(), "git ended with 128: fatal: [31modd");
    }
}
