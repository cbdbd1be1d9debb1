//! The bytes of a connection that runs inside another.
//!
//! Each connection's task either reads or writes. So the inner one may wait for the outer one to take what it writes,
//! while the outer one waits for the inner one to take what it has read: for ever. What the other side can send unasked
//! is bounded by the windows it was given; with room for all of that between the two, the outer one never waits.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{
    AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, ReadHalf, SimplexStream, WriteHalf, simplex,
    split,
};
use tokio_util::task::AbortOnDropHandle;

use super::forward::Forward;

/// The window of each channel of a connection that runs inside another. Enough for 100 MiB/s at 10 ms.
pub(super) const WINDOW: u32 = 1024 * 1024;

/// Room for the windows of sixteen channels; only what is used is allocated.
const ROOM: usize = 16 * WINDOW as usize;

pub(super) struct Behind {
    read: ReadHalf<SimplexStream>,
    write: WriteHalf<Forward>,
    _pump: AbortOnDropHandle<()>,
}

impl Behind {
    /// Reads ahead from now on, until it is dropped.
    pub(super) fn new(forward: Forward) -> Self {
        let (mut from, write) = split(forward);
        let (read, mut into) = simplex(ROOM);
        let pump = tokio::spawn(async move {
            // Ended or failed, for the inner connection it is over: reading finds the end.
            let _ = tokio::io::copy(&mut from, &mut into).await;
            let _ = into.shutdown().await;
        });
        Self {
            read,
            write,
            _pump: AbortOnDropHandle::new(pump),
        }
    }
}

impl AsyncRead for Behind {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.read).poll_read(cx, buf)
    }
}

impl AsyncWrite for Behind {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.write).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_shutdown(cx)
    }
}
