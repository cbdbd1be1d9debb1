//! The bytes below a connection, so that it can always be ended: by us at any moment, and by itself when the other side
//! stops taking what is written. The library notices silence only while it reads, and nothing while it greets.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

pub(super) struct Line {
    stream: Box<dyn Stream>,
    cut: CancellationToken,
    cut_read: Pin<Box<WaitForCancellationFutureOwned>>,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Line {
    pub(super) fn new(stream: Box<dyn Stream>, cut: CancellationToken, patience: Duration) -> Self {
        Self {
            stream,
            cut_read: Box::pin(cut.clone().cancelled_owned()),
            cut,
            patience,
            stalled: None,
        }
    }

    /// An error once nothing could be written for too long.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        if self.cut.is_cancelled() {
            return Poll::Ready(io::ErrorKind::ConnectionAborted.into());
        }
        ready!(stalled.as_mut().poll(cx));
        // Nothing more goes through, a goodbye neither.
        self.cut.cancel();
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    fn poll_bounded<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut dyn Stream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(done) = poll(Pin::new(&mut *self.stream), cx) {
            self.stalled = None;
            return Poll::Ready(done);
        }
        let error = ready!(self.poll_patience(cx));
        Poll::Ready(Err(error))
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.is_cancelled() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if let Poll::Ready(done) = Pin::new(&mut *self.stream).poll_read(cx, buf) {
            return Poll::Ready(done);
        }
        ready!(self.cut_read.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_bounded(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_bounded(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_bounded(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}
