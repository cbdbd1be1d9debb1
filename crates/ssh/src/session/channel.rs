//! A channel that is closed whatever happens.

use std::any::Any;
use std::time::Duration;

use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::live::Session;

/// What must be kept as long as a channel is in use: its place in a pool's session.
pub(crate) type Hold = Option<Box<dyn Any + Send + Sync>>;

/// How long the message that closes a channel may wait for its turn; after that the connection's end will do it.
const CLOSING: Duration = Duration::from_secs(30);

pub(super) struct Channel {
    pub(super) reader: Reader,
    pub(super) write: Option<ChannelWriteHalf<Msg>>,
    pub(super) session: Session,
    hold: Hold,
}

/// The reading part.
pub(super) struct Reader {
    half: Option<ChannelReadHalf>,
    /// The other side has closed it: the library has answered, and nothing is left to do.
    closed: bool,
}

impl Reader {
    /// The next message; `None` when the connection ended. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Option<ChannelMsg> {
        let message = self.half.as_mut()?.wait().await;
        if matches!(message, Some(ChannelMsg::Close) | None) {
            self.closed = true;
        }
        message
    }
}

impl Channel {
    pub(super) fn new(channel: russh::Channel<Msg>, session: Session, hold: Hold) -> Self {
        let (half, write) = channel.split();
        let reader = Reader {
            half: Some(half),
            closed: false,
        };
        Self {
            reader,
            write: Some(write),
            session,
            hold,
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // From here on what still arrives is thrown away instead of waiting for a reader.
        self.reader.half = None;
        let write = self.write.take().filter(|_| !self.reader.closed);
        let (session, hold) = (self.session.clone(), self.hold.take());
        if write.is_none() && hold.is_none() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                // Failing means that the connection is gone, and the channel with it.
                let _ = timeout(CLOSING, end(write, &session, hold.is_some())).await;
                drop(hold);
            });
        }
    }
}

/// Closes what is open. `sshd` counts a channel until it has worked off all that came with its close, so its place is
/// free only when it has answered something that was sent after.
async fn end(write: Option<ChannelWriteHalf<Msg>>, session: &Session, counted: bool) {
    if let Some(write) = write {
        let _ = write.close().await;
    }
    if counted && !session.is_closed() {
        session.answer().await;
    }
}
