//! What went wrong, in words for the user: what happened, what it means, what to do, and a reference for the log.

use std::fmt;

use rand::Rng;
use serde::{Deserialize, Serialize};

/// A short id that stands both in the answer to the user and in the server's log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(pub String);

impl Reference {
    /// A new random reference, such as `E-7f3a9c21`.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self(format!("E-{:08x}", rng.next_u32()))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose move it is after a failure. Exit codes and HTTP statuses follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The source could not be fetched: no such repository, ref or permission, or not something Havre takes.
    Source,
    /// Nothing that Havre can run was found in the source.
    NotDetected,
    /// The machine lacks a runtime or a version.
    Toolchain,
    /// An install or build command failed.
    Build,
    /// The release command failed.
    ReleaseCommand,
    /// The app died, listens elsewhere, or never became healthy.
    Unhealthy,
    /// Going on would lose files that the app wrote.
    WouldLoseData,
    /// Disk, memory or another bound of the machine is reached.
    Capacity,
    /// A step took longer than its bound.
    Timeout,
    /// The user cancelled it.
    Cancelled,
    /// The app kept crashing after it was healthy.
    CrashLoop,
    /// Havre's own fault, or its machine's.
    Platform,
}

impl FailureKind {
    /// True when the app or the user's input is the reason, not the platform.
    pub fn is_users(self) -> bool {
        !matches!(self, Self::Platform | Self::Capacity)
    }
}

/// A failure that the user is told about; kept with the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    /// Whose move it is.
    pub kind: FailureKind,
    /// What happened, in one sentence.
    pub what: String,
    /// The likely cause, when there is one to name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
    /// The last lines of the log that tells more, masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
    /// Stands in the server's log beside the technical cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}

impl Failure {
    /// A failure that says only what happened.
    pub fn new(kind: FailureKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            why: None,
            cure: None,
            log_tail: Vec::new(),
            reference: None,
        }
    }

    /// Adds the likely cause.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }

    /// Adds the last lines of a log.
    #[must_use]
    pub fn tail(mut self, lines: Vec<String>) -> Self {
        self.log_tail = lines;
        self
    }

    /// The whole story on several lines, for `error_message` and for a terminal.
    pub fn story(&self) -> String {
        let mut lines = vec![self.what.clone()];
        lines.extend(self.why.clone());
        lines.extend(self.cure.clone());
        lines.extend(self.log_tail.iter().map(|line| format!("    {line}")));
        lines.extend(
            self.reference
                .as_ref()
                .map(|reference| format!("(reference {reference})")),
        );
        lines.join("\n")
    }
}
