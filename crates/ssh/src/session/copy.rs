//! Both directions of a command at once, each as fast as the slower end allows.

use std::io;
use std::pin::Pin;

use bytes::{BufMut, Bytes, BytesMut};
use russh::ChannelWriteHalf;
use russh::client::Msg;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::exec::{Event, Exec};
use super::run::Exit;
use crate::error::{Ran, SshError};

/// What is read at once from the caller: SSH's usual packet.
const CHUNK: usize = 32 * 1024;

/// Where output goes. What is not ready holds back the other side.
pub(super) trait Sink: Send {
    fn stdout(&mut self, data: Bytes) -> impl Future<Output = io::Result<()>> + Send;
    fn stderr(&mut self, data: Bytes) -> impl Future<Output = io::Result<()>> + Send;
}

impl Exec {
    /// Feeds `stdin` and drains the output until the command has ended. A command that ends without having read all of
    /// its input is no error.
    pub(super) async fn drive(
        &mut self,
        stdin: impl AsyncRead + Send,
        sink: &mut impl Sink,
    ) -> Result<Exit, SshError> {
        let session = self.session();
        let (mut listener, write) = self.split();
        let write = write.ok_or_else(|| session.lost(Ran::Maybe))?;
        let mut feeder = Feeder {
            feeding: Box::pin(feed(write, stdin)),
            done: false,
        };
        loop {
            let event = feeder.beside(listener.next()).await;
            let taken = match event.map_err(SshError::local)?? {
                Event::Stdout(data) => feeder.beside(sink.stdout(data)).await,
                Event::Stderr(data) => feeder.beside(sink.stderr(data)).await,
                Event::End(exit) => return Ok(exit),
            };
            taken.flatten().map_err(SshError::local)?;
        }
    }
}

/// The writing direction, polled beside whatever the reading direction waits for.
struct Feeder<'a> {
    feeding: Pin<Box<dyn Future<Output = io::Result<()>> + Send + 'a>>,
    done: bool,
}

impl Feeder<'_> {
    async fn beside<T>(&mut self, other: impl Future<Output = T>) -> io::Result<T> {
        let mut other = std::pin::pin!(other);
        loop {
            tokio::select! {
                done = &mut other => return Ok(done),
                fed = self.feeding.as_mut(), if !self.done => {
                    self.done = true;
                    fed?;
                }
            }
        }
    }
}

/// Only the caller's reader can fail here: what is wrong with the connection, the reading direction says.
async fn feed(write: &ChannelWriteHalf<Msg>, stdin: impl AsyncRead) -> io::Result<()> {
    let mut stdin = std::pin::pin!(stdin);
    let mut buffer = BytesMut::with_capacity(CHUNK);
    loop {
        buffer.reserve(CHUNK);
        let mut chunk = (&mut buffer).limit(CHUNK);
        if stdin.read_buf(&mut chunk).await? == 0 {
            break;
        }
        if write.data_bytes(buffer.split().freeze()).await.is_err() {
            return Ok(());
        }
    }
    // An error means that nobody listens any more.
    let _ = write.eof().await;
    Ok(())
}
