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
        let (Some(write), false) = (self.write.take(), self.reader.closed) else {
            return;
        };
        let (session, hold) = (self.session.clone(), self.hold.take());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                // An error means that the connection is gone, and the channel with it.
                let _ = timeout(CLOSING, write.close()).await;
                drop((session, hold));
            });
        }
    }
}
