//! A TCP connection that the other side makes for us.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use russh::ChannelMsg;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::channel::{Channel, Hold};
use super::live::{Purpose, Session};
use crate::error::SshError;
use crate::target::Host;

/// A TCP connection that the machine made (`direct-tcpip`). Ends with `ConnectionReset` when the SSH connection does.
/// Dropping it closes it. `shutdown` ends our direction only.
pub struct Forward {
    channel: Channel,
    writer: Pin<Box<dyn AsyncWrite + Send + Sync>>,
    gone: Pin<Box<WaitForCancellationFutureOwned>>,
    unread: Bytes,
    ended: bool,
}

impl Session {
    /// Lets the machine connect to this host and port, as it sees them.
    ///
    /// # Errors
    /// [`SshError::Refused`] when it cannot or may not; [`SshError::Lost`].
    pub async fn forward(&self, host: &Host, port: u16) -> Result<Forward, SshError> {
        self.forward_holding(host, port, None).await
    }

    pub(crate) async fn forward_holding(
        &self,
        host: &Host,
        port: u16,
        hold: Hold,
    ) -> Result<Forward, SshError> {
        let purpose = Purpose::Tcp(host.to_string(), port);
        let channel = self.channel(purpose, hold).await?;
        Ok(Forward::new(channel))
    }
}

impl Forward {
    fn new(channel: Channel) -> Self {
        let writer: Pin<Box<dyn AsyncWrite + Send + Sync>> = match &channel.write {
            Some(write) => Box::pin(write.make_writer()),
            None => Box::pin(tokio::io::sink()),
        };
        Self {
            gone: Box::pin(channel.session.gone().clone().cancelled_owned()),
            channel,
            writer,
            unread: Bytes::new(),
            ended: false,
        }
    }

    /// A writer that waits for room would not notice that the connection is gone.
    fn poll_gone<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.gone.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

impl AsyncRead for Forward {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.unread.is_empty() && !self.ended {
            // The future holds no state of its own: a message is taken by the poll that finds it, and the waker stays.
            let message = ready!(std::pin::pin!(self.channel.reader.next()).poll(cx));
            match message {
                Some(ChannelMsg::Data { data }) => self.unread = data,
                Some(ChannelMsg::Eof | ChannelMsg::Close) => self.ended = true,
                Some(_) => {}
                None => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            }
        }
        let room = buf.remaining().min(self.unread.len());
        buf.put_slice(&self.unread[..room]);
        self.unread.advance(room);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Forward {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        match self.writer.as_mut().poll_write(cx, buf) {
            Poll::Pending => self.poll_gone(cx),
            done => done,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.writer.as_mut().poll_shutdown(cx) {
            Poll::Pending => self.poll_gone(cx),
            done => done,
        }
    }
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Forward({})", self.channel.session.place())
    }
}
