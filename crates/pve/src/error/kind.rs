//! The sorts of failures.

use std::fmt;

use crate::endpoint::Fingerprint;

/// A failure, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The token, user or password is not taken.
    Credentials,
    /// A privilege is missing. Both are empty when the cluster does not tell; `privileges` are alternatives.
    MissingPrivilege {
        /// The ACL path it is missing on, as `/storage/local`.
        path: String,
        /// The privileges of which one (or all, the cluster does not tell) would do.
        privileges: Vec<String>,
    },
    /// There is no room: disk, memory, quota, numbers.
    Capacity,
    /// It collides with what is there.
    Conflict(Conflict),
    /// It will pass by itself: a lock that was not got in time, a node that could not be reached.
    Transient,
    /// Whether it was done is not known: look before trying again.
    Ambiguous,
    /// What was asked for is not there.
    Gone(Missing),
    /// A parameter is not taken; see [`crate::Error::errors`].
    BadParameters,
    /// The cluster has lost its quorum and changes nothing.
    NoQuorum,
    /// This version of Proxmox VE has no such method or option.
    NotThere,
    /// The server is not the one that was pinned, or its certificate is not trusted.
    Untrusted {
        /// What the server showed, when it got that far.
        seen: Option<Fingerprint>,
    },
    /// Nothing listens there, or the name does not resolve. The node may be off. Nothing was sent.
    Unreachable,
    /// The answer makes no sense, or is larger than allowed.
    BadAnswer,
    /// Anything else the cluster refuses.
    Other,
}

/// What a request collides with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// The number, name or file is taken. It is ours only if our own nonce is found in it.
    AlreadyExists,
    /// The guest runs already.
    AlreadyRunning,
    /// The guest does not run.
    NotRunning,
    /// The guest is locked by another task, as `create`, `disk`, `snapshot`.
    Locked(String),
    /// The guest is protected from being destroyed.
    Protected,
    /// The disk has this size already.
    SameSize,
    /// The configuration was changed in between (its digest differs).
    Changed,
}

/// What is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// The guest's configuration: the guest itself, on that node.
    Guest,
    /// A volume, an image or a template.
    Volume,
    /// A snapshot.
    Snapshot,
    /// A storage.
    Storage,
    /// A node.
    Node,
    /// A pool.
    Pool,
    /// A task.
    Task,
    /// Something else, as a bridge.
    Thing,
}

/// A request, without its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below `/api2/json`.
    pub path: String,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
