//! One HTTP/1 connection to a guest. It has no task of its own: the task of the client's request drives it, which saves
//! a hand-over between threads per message, and dropping it closes it.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::backend::Backend;
use super::io::{GuestIo, Traffic};
use crate::body::{RequestBody, UploadWatch};
use crate::hook::{Hook, Stage};
use crate::quiet::quietly;
use crate::timer::Deadline;

/// One connection to a guest.
pub struct Connection {
    sender: http1::SendRequest<RequestBody>,
    driver: http1::Connection<GuestIo, RequestBody>,
    traffic: Arc<Traffic>,
    hook: Arc<Hook>,
    deadline: Deadline,
    over: bool,
}

/// Bytes before the head of an answer is whole, interim answers (1xx) included: a guest could send those for ever and take
/// the processor from the others.
const MOST_BEFORE_HEAD: u64 = 1 << 20;

/// Why a request got no answer.
pub enum SendFailure {
    /// Nothing of it was sent; here it is again.
    Unsent(Box<Request<RequestBody>>),
    /// The connection ended before the first byte of an answer.
    Silent,
    /// The guest sent something that is no HTTP answer, or only a part of one.
    Garbled,
    /// No answer in time.
    TimedOut,
    /// A drain cut it.
    Cut {
        /// Some of the answer had come.
        heard: bool,
    },
}

/// How long an answer is waited for: from now, and from each sign of life of the upload.
struct Patience {
    until: Instant,
    limit: Duration,
    upload: Option<Arc<UploadWatch>>,
    seen: u64,
}

impl Patience {
    fn new(limit: Duration, upload: Option<Arc<UploadWatch>>) -> Self {
        Self {
            until: Instant::now() + limit,
            limit,
            upload,
            seen: 0,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, deadline: &mut Deadline) -> Poll<()> {
        let progress = self.upload.as_ref().map_or(0, |watch| watch.progress());
        if progress != self.seen {
            self.seen = progress;
            self.until = Instant::now() + self.limit;
        }
        deadline.poll(cx, self.until)
    }
}

/// Why there is no answer to wait for.
enum Silence {
    Over,
    TooLong,
}

impl Connection {
    /// Speaks HTTP/1 over a connected socket, with at most `buffer` bytes held per direction.
    pub async fn open(
        stream: TcpStream,
        backend: &Arc<Backend>,
        buffer: usize,
    ) -> io::Result<Box<Self>> {
        let io = GuestIo::new(stream, backend.links());
        let traffic = Arc::clone(io.traffic());
        let hook = Arc::clone(io.hook());
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(buffer)
            .handshake(io)
            .await
            .map_err(io::Error::other)?;
        Ok(Box::new(Self {
            sender,
            driver,
            traffic,
            hook,
            deadline: Deadline::default(),
            over: false,
        }))
    }

    /// Moves bytes. Ready once the connection is over.
    pub fn poll_drive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.over = self.over || self.driver.poll_without_shutdown(cx).is_ready();
        if self.over {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// True when a drain cut it.
    pub fn is_cut(&self) -> bool {
        self.hook.stage() == Stage::Cut
    }

    /// True when it can take a request now; a connection that cannot must be dropped. It is left without a waker: nobody
    /// has to hear of what an idle connection does.
    pub fn is_reusable(&mut self) -> bool {
        let over = quietly(|quiet| self.poll_drive(quiet)).is_ready();
        !over && self.sender.is_ready()
    }

    /// As [`Self::is_reusable`], for a request that cannot be sent twice: the kernel is asked whether the guest has
    /// closed, since what the runtime knows may be a moment old.
    pub fn is_surely_reusable(&mut self) -> bool {
        self.traffic.doubt();
        self.is_reusable()
    }

    /// Sends a request and waits for the head of the answer: `limit` from the last sign of life of the upload.
    pub async fn send(
        &mut self,
        request: Request<RequestBody>,
        limit: Duration,
        upload: Option<Arc<UploadWatch>>,
    ) -> Result<Response<Incoming>, SendFailure> {
        let (heard, before) = (self.traffic.received(), self.traffic.bytes());
        let mut patience = Patience::new(limit, upload);
        let mut answer = pin!(self.sender.try_send_request(request));
        let sent = std::future::poll_fn(|cx| {
            let over = self.poll_drive(cx).is_ready();
            match quietly(|quiet| answer.as_mut().poll(quiet)) {
                Poll::Ready(done) => Poll::Ready(Ok(done)),
                Poll::Pending if over || self.traffic.bytes() - before > MOST_BEFORE_HEAD => {
                    Poll::Ready(Err(Silence::Over))
                }
                Poll::Pending => patience
                    .poll(cx, &mut self.deadline)
                    .map(|()| Err(Silence::TooLong)),
            }
        })
        .await;
        let heard = self.traffic.received() != heard;
        match sent {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(mut error)) => match error.take_message() {
                Some(request) => Err(SendFailure::Unsent(Box::new(request))),
                None => Err(self.failure(heard)),
            },
            Err(Silence::Over) => Err(self.failure(heard)),
            Err(Silence::TooLong) => Err(SendFailure::TimedOut),
        }
    }

    fn failure(&self, heard: bool) -> SendFailure {
        match (self.is_cut(), heard) {
            (true, heard) => SendFailure::Cut { heard },
            (_, true) => SendFailure::Garbled,
            (_, false) => SendFailure::Silent,
        }
    }

    /// Takes the socket out after the guest agreed to switch protocols, with the bytes that came after its answer.
    pub async fn into_io(mut self) -> (GuestIo, Bytes) {
        std::future::poll_fn(|cx| self.poll_drive(cx)).await;
        let parts = self.driver.into_parts();
        (parts.io, parts.read_buf)
    }
}
