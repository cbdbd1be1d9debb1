//! What is negotiated.

use std::borrow::Cow;
use std::sync::Arc;

use russh::client::Config;
use russh::keys::Algorithm;
use russh::{Preferred, cipher, compression};

use super::behind;
use crate::target::Timeouts;

/// What the other side may send in a channel before we say that there is room again.
const WINDOW: u32 = 2 * 1024 * 1024;

/// Messages that wait in a channel until they are read; with packets of 32 KiB this bounds a channel to 1 MiB.
const QUEUE: usize = 32;

/// Authenticated ones only. Processors do AES themselves: it is the fastest.
const CIPHERS: &[cipher::Name] = &[cipher::AES_256_GCM, cipher::CHACHA20_POLY1305];

/// Only ed25519 host keys: every sshd of the last ten years has one, and one kind is what can be pinned. No compression:
/// it costs more than it brings here, and a peer could swell it.
pub(super) fn config(timeouts: Timeouts, behind: bool) -> Arc<Config> {
    Arc::new(Config {
        window_size: if behind { behind::WINDOW } else { WINDOW },
        preferred: Preferred {
            key: Cow::Borrowed(&[Algorithm::Ed25519]),
            cipher: Cow::Borrowed(CIPHERS),
            compression: Cow::Borrowed(&[compression::NONE]),
            ..Preferred::DEFAULT
        },
        channel_buffer_size: QUEUE,
        keepalive_interval: Some(timeouts.dead / 3),
        keepalive_max: 2,
        nodelay: true,
        ..Config::default()
    })
}
