//! What can go wrong, sorted by what the caller can do about it.

mod kind;
mod sort;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use kind::{Asked, Conflict, Kind, Missing};
pub(crate) use sort::{sort_answer, sort_task};

use crate::names::BadName;
use crate::text;

/// The result of a request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A request or a task that failed. Shown, it is a sentence for a user; it never holds a secret or a parameter's value.
#[derive(Debug, Clone)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    kind: Kind,
    status: Option<u16>,
    reason: String,
    errors: BTreeMap<String, String>,
    asked: Option<Asked>,
    log: Vec<String>,
    nothing_done: bool,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: Kind, reason: impl Into<String>) -> Error {
        let reason = text::clean(&reason.into(), text::REASON);
        Error(Box::new(Parts {
            kind,
            status: None,
            reason,
            errors: BTreeMap::new(),
            asked: None,
            log: Vec::new(),
            nothing_done: false,
            source: None,
        }))
    }

    /// What sort of failure this is.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// The HTTP status of the answer, when there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The cluster's own words: the reason phrase, the body's message or the task's exit status.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The complaints about single parameters, by their names.
    #[must_use]
    pub fn errors(&self) -> &BTreeMap<String, String> {
        &self.0.errors
    }

    /// The request that failed, without its parameters.
    #[must_use]
    pub fn asked(&self) -> Option<&Asked> {
        self.0.asked.as_ref()
    }

    /// The last lines of the task's log, when a task failed.
    #[must_use]
    pub fn log(&self) -> &[String] {
        &self.0.log
    }

    /// Whether it is known that the cluster did nothing, so that the same request can be sent again.
    #[must_use]
    pub fn nothing_done(&self) -> bool {
        self.0.nothing_done
    }

    /// Whether the request may have been carried out all the same: look before you send it again.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.0.kind == Kind::Ambiguous
    }

    /// Whether the guest that was asked for is not on that node. It may have moved to another one: [`crate::Client::guests`]
    /// tells.
    #[must_use]
    pub fn is_guest_gone(&self) -> bool {
        self.0.kind == Kind::Gone(Missing::Guest)
    }

    /// Whether a VM's agent is not there, or does not answer.
    #[must_use]
    pub fn is_agent_away(&self) -> bool {
        self.0.reason.to_lowercase().contains("guest agent")
    }

    /// Whether something of that name or number is there already.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.0.kind == Kind::Conflict(Conflict::AlreadyExists)
    }

    /// A missed configuration of another guest than the one that was asked for says nothing about this one.
    pub(crate) fn about_guest(self, vmid: Option<u32>) -> Error {
        let told = sort::missed_guest(&self.0.reason);
        if self.is_guest_gone() && vmid.is_some() && told.is_some() && told != vmid {
            return self
                .with_kind(Kind::Gone(Missing::Thing))
                .with_nothing_done(false);
        }
        self
    }

    pub(crate) fn with_kind(mut self, kind: Kind) -> Error {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Error {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_errors(mut self, errors: BTreeMap<String, String>) -> Error {
        self.0.errors = errors;
        self
    }

    pub(crate) fn with_asked(mut self, asked: Asked) -> Error {
        self.0.asked = Some(asked);
        self
    }

    pub(crate) fn with_log(mut self, log: Vec<String>) -> Error {
        self.0.log = log;
        self
    }

    pub(crate) fn with_nothing_done(mut self, nothing_done: bool) -> Error {
        self.0.nothing_done = nothing_done;
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Error {
        self.0.source = Some(Arc::new(source));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::failure(self))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<BadName> for Error {
    fn from(bad: BadName) -> Error {
        Error::new(Kind::BadParameters, bad.to_string())
            .with_nothing_done(true)
            .with_source(bad)
    }
}
