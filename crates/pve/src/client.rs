//! The client: who asks whom, how often, and how many at once.

mod task;
mod turns;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use task::TaskEnd;
pub use turns::StorageTurn;

use crate::api::access::Version;
use crate::call::Call;
use crate::endpoint::{Auth, Endpoint, Limits, Tls};
use crate::error::{Error, Kind, Result};
use crate::names::Upid;
use crate::route::Verb;
use crate::wire::{Backoff, Identity, Jitter, Payload, Upload, Wire};
use crate::{lenient, routes, text};

/// How long the version is remembered. A cluster is upgraded while we run.
const VERSION_LIVES: Duration = Duration::from_secs(10 * 60);
/// The longest pause between attempts.
const MOST_PAUSE: Duration = Duration::from_secs(5);

/// A client of one cluster. Clones share everything.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    wire: Wire,
    identity: Identity,
    limits: Limits,
    warnings: Vec<&'static str>,
    url: String,
    gate: Semaphore,
    turns: turns::Turns,
    jitter: Jitter,
    version: Mutex<Option<(Instant, Version)>>,
    sent: AtomicU64,
    polled: AtomicU64,
}

/// How many requests were sent, for figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// All of them, repeats included.
    pub all: u64,
    /// Those that asked for a task or an address.
    pub polls: u64,
}

impl Client {
    /// A client of this cluster. Nothing is sent yet; [`Client::version`] finds out whether it answers.
    ///
    /// # Errors
    /// When the CA file cannot be used or the system has no certificates.
    pub fn new(endpoint: Endpoint) -> Result<Client> {
        let warnings = warnings(&endpoint);
        warnings
            .iter()
            .for_each(|warning| tracing::warn!("{warning}"));
        let limits = endpoint.limits.clone();
        Ok(Client(Arc::new(Inner {
            wire: Wire::new(&endpoint)?,
            gate: Semaphore::new(limits.at_once.max(1)),
            turns: turns::Turns::new(limits.per_storage.max(1)),
            jitter: Jitter::new(endpoint.seed),
            url: endpoint.url.to_string(),
            identity: Identity::new(endpoint.auth),
            version: Mutex::new(None),
            sent: AtomicU64::new(0),
            polled: AtomicU64::new(0),
            warnings,
            limits,
        })))
    }

    /// What a status page must repeat: certificates that are not checked, no encryption, a password instead of a token.
    #[must_use]
    pub fn warnings(&self) -> &[&'static str] {
        &self.0.warnings
    }

    /// The bounds it works under.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// How many requests were sent so far.
    #[must_use]
    pub fn sent(&self) -> Sent {
        Sent {
            all: self.0.sent.load(Ordering::Relaxed),
            polls: self.0.polled.load(Ordering::Relaxed),
        }
    }

    /// The cluster's version, remembered for ten minutes.
    ///
    /// # Errors
    /// As any request.
    pub async fn version(&self) -> Result<Version> {
        if let Some(version) = self.known_version() {
            return Ok(version);
        }
        let version: Version = self.get(Call::new(&routes::VERSION)).await?;
        *self
            .0
            .version
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some((Instant::now(), version.clone()));
        Ok(version)
    }

    fn known_version(&self) -> Option<Version> {
        let known = self
            .0
            .version
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        known
            .as_ref()
            .filter(|(since, _)| since.elapsed() < VERSION_LIVES)
            .map(|(_, version)| version.clone())
    }

    /// Asks for one thing.
    pub(crate) async fn get<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let asked = call.asked();
        let data = self.send(call).await?;
        serde_json::from_value(data).map_err(|error| not_understood(&error).with_asked(asked))
    }

    /// Asks for a list in which every row matters.
    pub(crate) async fn rows<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>> {
        let asked = call.asked();
        let data = self.send(call).await?;
        lenient::rows(data).map_err(|error| not_understood(&error).with_asked(asked))
    }

    /// Asks for a list of what can be used; rows that are not understood are left out.
    pub(crate) async fn usable<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>> {
        let asked = call.asked();
        let data = self.send(call).await?;
        lenient::usable(data).map_err(|error| not_understood(&error).with_asked(asked))
    }

    /// Begins a task. An answer that is no task name may still have begun one.
    pub(crate) async fn begin(&self, call: Call) -> Result<Upid> {
        let asked = call.asked();
        match self.begin_maybe(call).await? {
            Some(upid) => Ok(upid),
            None => Err(Error::new(Kind::Ambiguous, "the answer names no task").with_asked(asked)),
        }
    }

    /// Begins a task, or is done at once.
    pub(crate) async fn begin_maybe(&self, call: Call) -> Result<Option<Upid>> {
        let asked = call.asked();
        match self.send(call).await? {
            Value::String(text) if !text.is_empty() => match text.parse() {
                Ok(upid) => Ok(Some(upid)),
                Err(bad) => Err(Error::new(Kind::Ambiguous, bad_upid(&bad)).with_asked(asked)),
            },
            _ => Ok(None),
        }
    }

    /// Does something that is done when the answer comes.
    pub(crate) async fn done(&self, call: Call) -> Result<()> {
        self.send(call).await.map(drop)
    }

    /// Sends, and repeats what is known to be safe: reads, and writes that are known to have done nothing.
    pub(crate) async fn send(&self, call: Call) -> Result<Value> {
        call.check()?;
        self.check_version(&call).await?;
        let limits = &self.0.limits;
        let begun = Instant::now();
        let mut backoff = Backoff::new(&self.0.jitter, limits.pause, MOST_PAUSE);
        let mut attempt = 1;
        let mut renewed = false;
        loop {
            let error = match self.once(&call).await {
                Ok(data) => return Ok(data),
                Err(error) => self.without_secret(call.explained(error)),
            };
            if *error.kind() == Kind::Credentials && !renewed && self.0.identity.forget().await {
                renewed = true;
            } else if attempt < limits.attempts
                && begun.elapsed() < limits.retry_for
                && may_repeat(&call, &error)
            {
                tracing::debug!(%error, attempt, "asking again");
                attempt += 1;
                backoff.pause().await;
            } else {
                return Err(error);
            }
        }
    }

    /// Sends a file. Never repeated: the caller has to look whether it is there.
    pub(crate) async fn send_file(&self, call: &Call, upload: Upload) -> Result<Value> {
        call.check()?;
        self.attempt(call, Payload::Upload(upload))
            .await
            .map_err(|error| self.without_secret(call.explained(error)))
    }

    /// Any number, for the boundary of an upload.
    pub(crate) fn number(&self) -> u64 {
        self.0.jitter.next()
    }

    pub(crate) fn jitter(&self) -> &Jitter {
        &self.0.jitter
    }

    async fn once(&self, call: &Call) -> Result<Value> {
        let payload = if call.route().verb.has_body() {
            Payload::Form(call.form())
        } else {
            Payload::None
        };
        self.attempt(call, payload).await
    }

    async fn attempt(&self, call: &Call, payload: Payload) -> Result<Value> {
        // Before the turn, since a login sends a request of its own.
        let headers = self.0.identity.headers(&self.0.wire).await;
        let headers = headers.map_err(before_anything)?;
        let turn = self.0.gate.acquire().await;
        let _turn = turn.map_err(|closed| {
            Error::new(Kind::Other, closed.to_string()).with_nothing_done(true)
        })?;
        self.0.sent.fetch_add(1, Ordering::Relaxed);
        if routes::is_poll(call.route()) {
            self.0.polled.fetch_add(1, Ordering::Relaxed);
        }
        self.0.wire.exchange(call, payload, headers).await
    }

    /// An option of version 9 is not sent to 8, which would refuse the whole request with other words.
    async fn check_version(&self, call: &Call) -> Result<()> {
        let Some(option) = call.needs_nine() else {
            return Ok(());
        };
        let version = Box::pin(self.version()).await?;
        if version.major() >= 9 {
            return Ok(());
        }
        let why = text::only_nine(option, &version.version);
        Err(Error::new(Kind::NotThere, why)
            .with_nothing_done(true)
            .with_asked(call.asked()))
    }

    /// A server that repeats our secret does not get it into a log.
    fn without_secret(&self, error: Error) -> Error {
        let knows = |text: &str| self.0.identity.knows(text);
        let told = knows(error.reason())
            || error
                .errors()
                .iter()
                .any(|(name, why)| knows(name) || knows(why));
        if !told {
            return error;
        }
        let bare =
            Error::new(error.kind().clone(), text::HIDDEN).with_nothing_done(error.nothing_done());
        let bare = error
            .asked()
            .cloned()
            .into_iter()
            .fold(bare, Error::with_asked);
        error.status().into_iter().fold(bare, Error::with_status)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.0.url)
            .finish_non_exhaustive()
    }
}

/// Reads may always be asked again. Writes only when it is known that nothing was done and that it may pass.
fn may_repeat(call: &Call, error: &Error) -> bool {
    let passes = matches!(error.kind(), Kind::Transient | Kind::Unreachable);
    match call.route().verb {
        Verb::Get => passes || error.is_ambiguous(),
        Verb::Post | Verb::Put | Verb::Delete => passes && error.nothing_done(),
    }
}

/// A login that failed, however it did, has left the request itself unsent.
fn before_anything(error: Error) -> Error {
    let kind = match error.kind() {
        Kind::Ambiguous => Kind::Transient,
        other => other.clone(),
    };
    error.with_kind(kind).with_nothing_done(true)
}

fn warnings(endpoint: &Endpoint) -> Vec<&'static str> {
    let any = matches!(endpoint.tls, Tls::AcceptAny) && endpoint.url.is_encrypted();
    let password = matches!(endpoint.auth, Auth::Password { .. });
    let found = [
        (any, text::WARN_ANY_CERTIFICATE),
        (!endpoint.url.is_encrypted(), text::WARN_PLAIN),
        (password, text::WARN_PASSWORD),
    ];
    found
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, warning)| warning)
        .collect()
}

fn not_understood(error: &serde_json::Error) -> Error {
    Error::new(Kind::BadAnswer, error.to_string())
}

fn bad_upid(bad: &crate::names::BadName) -> String {
    format!("the answer names no task: {bad}")
}
