//! The socket of a connection to a guest: can be cut by a drain, and remembers whether anything went over it.

use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};
use tokio::net::TcpStream;

use crate::hook::{Hook, HookSlot, Hooks, Stage};

/// What went over a connection, in operations but for `bytes`; read by the one who decides on a second try.
#[derive(Default)]
pub struct Traffic {
    received: AtomicU64,
    bytes: AtomicU64,
    sent: AtomicU64,
    doubted: AtomicBool,
}

impl Traffic {
    /// Counts up with whatever comes in.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Bytes that came in so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Makes the next read ask the kernel first whether the guest has closed: what the runtime knows may be a moment old.
    pub fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }

    /// Counts up with whatever goes either way.
    pub fn total(&self) -> u64 {
        self.received() + self.sent.load(Ordering::Relaxed)
    }
}

/// The socket of a connection to a guest.
pub struct GuestIo {
    inner: TokioIo<TcpStream>,
    traffic: Arc<Traffic>,
    slot: HookSlot,
}

impl GuestIo {
    /// Puts the socket under the drain of its guest.
    pub fn new(stream: TcpStream, links: &Arc<Hooks>) -> Self {
        Self {
            inner: TokioIo::new(stream),
            traffic: Arc::default(),
            slot: links.add(),
        }
    }

    /// What went over it.
    pub fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// The hook by which a drain cuts it.
    pub fn hook(&self) -> &Arc<Hook> {
        self.slot.hook()
    }

    fn check(&self, cx: &Context<'_>) -> io::Result<()> {
        match self.slot.hook().watch(cx) {
            Stage::Cut => Err(io::ErrorKind::ConnectionAborted.into()),
            Stage::Run | Stage::Finish => Ok(()),
        }
    }

    /// True when the guest has closed or failed, or said something while nothing was asked.
    fn is_spoilt(&self) -> bool {
        let mut byte = [0u8; 1];
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        recv(self.inner.inner().as_raw_fd(), &mut byte, flags) != Err(Errno::EAGAIN)
    }

    fn note_sent(&self, polled: &Poll<io::Result<usize>>) {
        if matches!(polled, Poll::Ready(Ok(1..))) {
            self.traffic.sent.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Read for GuestIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        if self.traffic.doubted.swap(false, Ordering::Relaxed) && self.is_spoilt() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let free = buf.remaining();
        // SAFETY: nothing is un-initialised through this view; `advance` is told how much the inner reader filled.
        let (polled, filled) = unsafe {
            let mut view = ReadBuf::uninit(buf.as_mut());
            let polled = Pin::new(&mut self.inner).poll_read(cx, view.unfilled());
            let filled = view.filled().len();
            buf.advance(filled);
            (polled, filled)
        };
        debug_assert!(filled <= free);
        if filled > 0 {
            self.traffic.received.fetch_add(1, Ordering::Relaxed);
            self.traffic
                .bytes
                .fetch_add(filled as u64, Ordering::Relaxed);
        }
        polled
    }
}

impl Write for GuestIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.note_sent(&polled);
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.note_sent(&polled);
        polled
    }
}
