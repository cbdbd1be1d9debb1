//! The socket of a client: one that takes nothing for too long is given up, so that slow readers hold no guest; and what
//! it sends is looked at before it is parsed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::head_scan::HeadScan;
use crate::timer::Stall;

/// What the socket of a client and its requests tell each other.
pub struct ClientWatch {
    since: Instant,
    /// Milliseconds from `since` to the end of the last answer, and one; zero while a request is under way.
    idle: AtomicU64,
    ambiguous: AtomicBool,
}

/// A request under way; ends when dropped.
pub struct Busy(Arc<ClientWatch>);

impl ClientWatch {
    /// A connection that waits for its first request.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            since: Instant::now(),
            idle: AtomicU64::new(1),
            ambiguous: AtomicBool::new(false),
        })
    }

    /// A request is under way until what is returned is dropped.
    pub fn busy(self: &Arc<Self>) -> Busy {
        self.idle.store(0, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Since when the client owes a request head; none while a request is under way.
    pub fn idle_since(&self) -> Option<Instant> {
        let millis = self.idle.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.since + Duration::from_millis(millis))
    }

    /// True when the head that came last said two things about its length.
    pub fn is_ambiguous(&self) -> bool {
        self.ambiguous.load(Ordering::Relaxed)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let millis = u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.0.idle.store(millis + 1, Ordering::Relaxed);
    }
}

/// The socket of a client.
pub struct ClientIo {
    inner: TokioIo<TcpStream>,
    watch: Arc<ClientWatch>,
    scan: HeadScan,
    timer: Stall,
    stall: Duration,
}

impl ClientIo {
    /// Gives up on a write that makes no progress for `stall`.
    pub fn new(stream: TcpStream, watch: Arc<ClientWatch>, stall: Duration) -> Self {
        Self {
            inner: TokioIo::new(stream),
            watch,
            scan: HeadScan::default(),
            timer: Stall::default(),
            stall,
        }
    }

    fn look_at(&mut self, bytes: &[u8]) {
        if self.scan.is_resting() && self.watch.idle_since().is_some() {
            self.scan.restart();
        }
        if self.scan.feed(bytes) {
            self.watch.ambiguous.store(true, Ordering::Relaxed);
        }
    }

    fn bounded<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match polled {
            Poll::Ready(done) => {
                self.timer.progress();
                Poll::Ready(done)
            }
            Poll::Pending => {
                ready!(self.timer.poll(cx, self.stall));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl Read for ClientIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: nothing is un-initialised through this view; `advance` is told how much the inner reader filled.
        unsafe {
            let mut view = ReadBuf::uninit(buf.as_mut());
            let polled = Pin::new(&mut self.inner).poll_read(cx, view.unfilled());
            let filled = view.filled();
            self.look_at(filled);
            let count = filled.len();
            buf.advance(count);
            polled
        }
    }
}

impl Write for ClientIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.bounded(cx, polled)
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
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.bounded(cx, polled)
    }
}
