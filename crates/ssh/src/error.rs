//! What can go wrong, sorted by what the caller can do about it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::key::HostKey;
use crate::text;

/// Whether the command can have run on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// It was never sent. It is safe to send it again.
    No,
    /// It was sent, and nothing is known of its end. Look before doing it again.
    Maybe,
}

/// Why no connection came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreachable {
    /// The machine answers, and nothing listens on that port.
    Refused,
    /// No answer within the bound (milliseconds are kept).
    TimedOut(Duration),
    /// The network says that there is no way there.
    NoRoute,
    /// The name has no address.
    Name,
    /// The other side ended the connection before it was of use.
    Closed,
    /// The jump host could not connect to it.
    Jump,
    /// Anything else, in the system's words.
    Other(String),
}

/// Why a command, a copy or a connection did not end well. `place` is `user@host:port`.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SshError {
    /// There is no connection. Nothing was run. Worth another try later.
    #[error("{}", text::unreachable(place, why))]
    Unreachable {
        /// Who was called; of a chain of jump hosts the one that failed.
        place: String,
        /// In which way.
        why: Unreachable,
    },
    /// The other side is not who it should be. Nothing was run, and the client's key was not shown.
    #[error("{}", text::host_key(place, expected, seen.as_ref()))]
    HostKey {
        /// Who was called.
        place: String,
        /// The keys that would have been believed.
        expected: Vec<HostKey>,
        /// The key it showed; `None` when it has no ed25519 key at all.
        seen: Option<HostKey>,
    },
    /// The other side does not let this user in with this key.
    #[error("{}", text::auth_refused(place))]
    AuthRefused {
        /// Who was called.
        place: String,
    },
    /// The connection went away in the middle.
    #[error("{}", text::lost(place, *ran, why))]
    Lost {
        /// Who was called.
        place: String,
        /// Whether the command can have run.
        ran: Ran,
        /// What is known of the reason; may be empty.
        why: String,
    },
    /// The command did not end within its bound. It may still run.
    #[error("{}", text::too_long(place, *after))]
    TooLong {
        /// Who was called.
        place: String,
        /// The bound.
        after: Duration,
    },
    /// The other side is connected and refuses the request (a channel, a command). Nothing was run.
    #[error("{}", text::refused(place, what))]
    Refused {
        /// Who was called.
        place: String,
        /// What it refused.
        what: String,
    },
    /// All connections are in use and none became free within the bound. Nothing was run.
    #[error("{}", text::busy(place))]
    Busy {
        /// Who was to be called.
        place: String,
    },
    /// These arguments cannot be carried by SSH. Nothing was run.
    #[error("{what}")]
    Command {
        /// What is wrong with them.
        what: String,
    },
    /// The caller's own reader or writer failed. The command may have run.
    #[error("{}", text::local(source))]
    Local {
        /// Its error.
        source: Arc<io::Error>,
    },
    /// The other side does not speak SSH as it should.
    #[error("{}", text::protocol(place, what))]
    Protocol {
        /// Who was called.
        place: String,
        /// What it did.
        what: String,
    },
}

impl SshError {
    /// Whether the command can have run; only then a second try needs a look first.
    pub fn ran(&self) -> Ran {
        match self {
            Self::Lost { ran, .. } => *ran,
            Self::TooLong { .. } | Self::Local { .. } | Self::Protocol { .. } => Ran::Maybe,
            _ => Ran::No,
        }
    }

    /// Whether the same call may well work a little later: nobody there, gone in the middle, all busy.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Busy { .. }
        )
    }

    pub(crate) fn local(error: io::Error) -> Self {
        Self::Local {
            source: Arc::new(error),
        }
    }
}
