//! A connection that is up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use russh::client::Handle;
use russh::{ChannelOpenFailure, Disconnect, Error};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::channel::{Channel, Hold};
use super::connect::{self, Parts};
use super::watcher::{Seen, Watcher};
use crate::error::{Ran, SshError};
use crate::key::HostKey;
use crate::target::{Target, Timeouts};
use crate::text;

/// One connection to a machine, through its jump hosts. Cheap to clone; ends when the last clone, command and forward
/// over it is gone, or when the peer is silent for [`Timeouts::dead`].
///
/// A reader that does not read (a slow `into` of `download`, a forward) holds back every channel of the session.
/// At most sixteen things at a time through a jump host: more that all send much can stop each other, and then count as
/// lost.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    handle: Handle<Watcher>,
    seen: Arc<Seen>,
    gone: CancellationToken,
    place: String,
    host_key: HostKey,
    timeouts: Timeouts,
    _cut: DropGuard,
}

/// What a channel is for.
pub(super) enum Purpose {
    Command,
    Tcp(String, u16),
}

impl Session {
    /// Connects: every machine of the way within its own [`Timeouts::connect`].
    ///
    /// # Errors
    /// [`SshError::Unreachable`], [`SshError::HostKey`], [`SshError::AuthRefused`], [`SshError::Protocol`]; nothing has
    /// run then.
    pub async fn connect(target: &Target) -> Result<Self, SshError> {
        Box::pin(connect::connect(target)).await
    }

    pub(super) fn new(hop: &Target, host_key: HostKey, parts: Parts) -> Self {
        Self(Arc::new(Inner {
            handle: parts.handle,
            seen: parts.seen,
            gone: parts.gone,
            place: hop.place(),
            host_key,
            timeouts: hop.timeouts,
            _cut: parts.cut,
        }))
    }

    /// The host key that the machine showed.
    pub fn host_key(&self) -> &HostKey {
        &self.0.host_key
    }

    /// `user@host:port`.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.0.gone.is_cancelled() || self.0.handle.is_closed()
    }

    /// Until the connection has ended.
    pub async fn closed(&self) {
        self.0.gone.cancelled().await;
    }

    /// Says goodbye. Whatever still runs over it ends with [`SshError::Lost`].
    pub async fn close(&self) {
        let goodbye = self.0.handle.disconnect(Disconnect::ByApplication, "", "");
        // Best effort: a peer that does not listen is cut off with the last clone.
        let _ = timeout(Duration::from_secs(1), goodbye).await;
    }

    /// Until the other side has answered what was sent so far, or the connection has ended.
    pub(super) async fn answer(&self) {
        tokio::select! {
            _ = self.0.handle.send_ping() => {}
            () = self.closed() => {}
        }
    }

    pub(super) fn gone(&self) -> &CancellationToken {
        &self.0.gone
    }

    pub(super) fn timeouts(&self) -> Timeouts {
        self.0.timeouts
    }

    /// Opens a channel. In a task of its own: a caller that gives up must not leave a channel that nobody closes, which
    /// would count against the other side's limit for as long as the session lasts.
    pub(super) async fn channel(&self, purpose: Purpose, hold: Hold) -> Result<Channel, SshError> {
        let (done, answer) = oneshot::channel();
        let session = self.clone();
        tokio::spawn(async move {
            let opened = session.open_channel(purpose, hold).await;
            // Nobody there any more: the channel closes itself.
            drop(done.send(opened));
        });
        answer.await.unwrap_or_else(|_| Err(self.lost(Ran::No)))
    }

    async fn open_channel(self, purpose: Purpose, hold: Hold) -> Result<Channel, SshError> {
        let bound = self.0.timeouts.connect;
        let opened = match timeout(bound, self.ask_channel(&purpose)).await {
            Ok(opened) => opened,
            Err(_) => return Err(self.refused(text::no_start(bound))),
        };
        match opened {
            Ok(channel) => Ok(Channel::new(channel, self, hold)),
            Err(Error::ChannelOpenFailure(why)) => Err(self.refused(describe(&purpose, &why))),
            Err(_) => Err(self.lost(Ran::No)),
        }
    }

    async fn ask_channel(
        &self,
        purpose: &Purpose,
    ) -> Result<russh::Channel<russh::client::Msg>, Error> {
        let handle = &self.0.handle;
        match purpose {
            Purpose::Command => handle.channel_open_session().await,
            Purpose::Tcp(host, port) => {
                let port = u32::from(*port);
                handle
                    .channel_open_direct_tcpip(host.as_str(), port, "127.0.0.1", 0)
                    .await
            }
        }
    }

    pub(super) fn lost(&self, ran: Ran) -> SshError {
        SshError::Lost {
            place: self.0.place.clone(),
            ran,
            why: self.0.seen.why_gone(),
        }
    }

    pub(super) fn refused(&self, what: String) -> SshError {
        SshError::Refused {
            place: self.0.place.clone(),
            what,
        }
    }
}

fn describe(purpose: &Purpose, why: &ChannelOpenFailure) -> String {
    match purpose {
        Purpose::Command => text::no_channel(text::CHANNEL, &format!("{why:?}")),
        Purpose::Tcp(host, port) => text::no_channel(&text::tcp(host, *port), &format!("{why:?}")),
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.0.place)
    }
}
