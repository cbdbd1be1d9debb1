//! From nothing to a session: hop by hop, greeting, host key, our key. Every hop is bounded in time.

use std::sync::Arc;

use russh::client::{AuthResult, Config, Handle, connect_stream};
use russh::keys::PrivateKeyWithHashAlg;
use russh::{AlgorithmKind, Error};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::behind::Behind;
use super::config::config;
use super::dial::dial;
use super::line::{Line, Stream};
use super::live::Session;
use super::watcher::{Seen, Watcher, words};
use crate::error::{SshError, Unreachable};
use crate::target::Target;
use crate::text;

/// Jump hosts in a row, and the target.
const MOST_HOPS: usize = 5;

pub(super) async fn connect(target: &Target) -> Result<Session, SshError> {
    let hops = target.hops();
    if hops.len() > MOST_HOPS {
        let what = text::long_chain(MOST_HOPS);
        return Err(SshError::Command { what });
    }
    let mut session = None;
    for hop in hops {
        session = Some(reach(hop, session).await?);
    }
    session.ok_or_else(|| unreachable(target, Unreachable::Closed))
}

async fn reach(hop: &Target, via: Option<Session>) -> Result<Session, SshError> {
    let bound = hop.timeouts.connect;
    match timeout(bound, open(hop, via)).await {
        Ok(done) => done,
        Err(_) => Err(unreachable(hop, Unreachable::TimedOut(bound))),
    }
}

async fn open(hop: &Target, via: Option<Session>) -> Result<Session, SshError> {
    let stream: Box<dyn Stream> = match &via {
        None => Box::new(dial(hop).await.map_err(|why| unreachable(hop, why))?),
        Some(jump) => {
            let forward = jump.forward(&hop.host, hop.port).await;
            Box::new(Behind::new(forward.map_err(|e| behind(hop, e))?))
        }
    };
    let mut parts = greet(hop, stream, config(hop.timeouts, via.is_some())).await?;
    let let_in = login(hop, &mut parts.handle).await;
    let_in.map_err(|error| sort(hop, &parts.seen, error))?;
    let host_key = parts.seen.host_key();
    let host_key = host_key.ok_or_else(|| protocol(hop, &Error::Kex))?;
    Ok(Session::new(hop, host_key, parts))
}

/// What a greeted connection consists of.
pub(super) struct Parts {
    pub(super) handle: Handle<Watcher>,
    pub(super) seen: Arc<Seen>,
    /// Cancelled when the connection has ended.
    pub(super) gone: CancellationToken,
    /// Ends the connection when it is dropped, in whatever state it is.
    pub(super) cut: DropGuard,
}

async fn greet(
    hop: &Target,
    stream: Box<dyn Stream>,
    config: Arc<Config>,
) -> Result<Parts, SshError> {
    let (cut, gone) = (CancellationToken::new(), CancellationToken::new());
    let seen = Arc::new(Seen::default());
    let watcher = Watcher {
        trust: hop.trust.clone(),
        seen: Arc::clone(&seen),
        _alive: gone.clone().drop_guard(),
    };
    let line = Line::new(stream, cut.clone(), hop.timeouts.dead);
    // Before the first await: a caller that gives up must not leave the library's task behind.
    let cut = cut.drop_guard();
    match connect_stream(config, line, watcher).await {
        Ok(handle) => Ok(Parts {
            handle,
            seen,
            gone,
            cut,
        }),
        Err(error) => Err(sort(hop, &seen, error)),
    }
}

async fn login(hop: &Target, handle: &mut Handle<Watcher>) -> Result<(), Error> {
    let key = PrivateKeyWithHashAlg::new(hop.key.private(), None);
    match handle.authenticate_publickey(hop.user.clone(), key).await? {
        AuthResult::Success => Ok(()),
        // The library answers the same when the connection ends here.
        AuthResult::Failure { .. } if handle.is_closed() => Err(Error::Disconnect),
        AuthResult::Failure { .. } => Err(Error::NotAuthenticated),
    }
}

/// What the library says of a connection that did not come about.
fn sort(hop: &Target, seen: &Seen, error: Error) -> SshError {
    match error {
        Error::NotAuthenticated => SshError::AuthRefused { place: hop.place() },
        Error::UnknownKey => wrong_key(hop, seen),
        Error::NoCommonAlgo {
            kind: AlgorithmKind::Key,
            ..
        } => wrong_key(hop, seen),
        Error::Disconnect | Error::HUP | Error::IO(_) | Error::SendError | Error::RecvError => {
            unreachable(hop, Unreachable::Closed)
        }
        other => protocol(hop, &other),
    }
}

fn wrong_key(hop: &Target, seen: &Seen) -> SshError {
    SshError::HostKey {
        place: hop.place(),
        expected: hop.trust.keys(),
        seen: seen.host_key(),
    }
}

/// The jump host is there, and could not go on.
fn behind(hop: &Target, error: SshError) -> SshError {
    match error {
        SshError::Refused { .. } => unreachable(hop, Unreachable::Jump),
        other => other,
    }
}

fn unreachable(hop: &Target, why: Unreachable) -> SshError {
    let place = hop.place();
    SshError::Unreachable { place, why }
}

fn protocol(hop: &Target, error: &Error) -> SshError {
    SshError::Protocol {
        place: hop.place(),
        what: words(&error.to_string()),
    }
}
