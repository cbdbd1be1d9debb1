//! What the library tells us about a connection.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use russh::Channel;
use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;
use tokio_util::sync::DropGuard;

use crate::key::HostKey;
use crate::target::Trust;
use crate::text;

/// What was seen of the other side; shared with the session.
#[derive(Debug, Default)]
pub(super) struct Seen {
    host_key: OnceLock<HostKey>,
    why_gone: Mutex<String>,
}

impl Seen {
    pub(super) fn host_key(&self) -> Option<HostKey> {
        self.host_key.get().cloned()
    }

    /// Why the connection ended, in a few words; empty when it has not or nobody said.
    pub(super) fn why_gone(&self) -> String {
        self.words().clone()
    }

    fn words(&self) -> std::sync::MutexGuard<'_, String> {
        self.why_gone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lives as long as the connection does: `_alive` tells everybody that it ended, whichever way it did.
pub(super) struct Watcher {
    pub(super) trust: Trust,
    pub(super) seen: Arc<Seen>,
    pub(super) _alive: DropGuard,
}

/// Words of the peer, for a log or a message.
pub(super) fn words(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(200).collect()
}

impl Handler for Watcher {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            return Ok(false);
        };
        let Some(key) = HostKey::from_public(key) else {
            return Ok(false);
        };
        let believed = self.trust.believes(&key);
        // Asked once, at the beginning; nothing else can answer in this connection later.
        Ok(self.seen.host_key.set(key).is_ok() && believed)
    }

    async fn disconnected(
        &mut self,
        why: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        *self.seen.words() = match &why {
            DisconnectReason::ReceivedDisconnect(info) => words(&info.message),
            DisconnectReason::Error(russh::Error::KeepaliveTimeout) => text::KEEPALIVE.to_owned(),
            DisconnectReason::Error(russh::Error::Disconnect) => String::new(),
            DisconnectReason::Error(error) => words(&error.to_string()),
        };
        Ok(())
    }

    // The library takes what a server opens by default. Nothing here asks for any of it: the handle is dropped, which
    // refuses.

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }
}
