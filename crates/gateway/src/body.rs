//! The bodies that pass through: requests on their way to a guest, answers on their way to a client.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::client_io::Busy;
use crate::metrics::Metrics;
use crate::quiet::quietly;
use crate::timer::Stall;
use crate::upstream::{Connection, InFlight};

/// The body of a request on its way to a guest.
pub enum RequestBody {
    /// None.
    Empty,
    /// What the client sends.
    Upload(Box<Upload>),
}

/// A body that comes from a client.
pub struct Upload {
    inner: Incoming,
    watch: Arc<UploadWatch>,
    timer: Stall,
    stall: Duration,
}

/// How an upload stands, for the one who waits for the answer.
#[derive(Default)]
pub struct UploadWatch {
    frames: AtomicU64,
    fault: AtomicU8,
}

/// What a client did wrong with its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadFault {
    /// It sent nothing for too long.
    Stalled,
    /// It broke off or sent something malformed.
    Broken,
}

impl UploadWatch {
    /// Changes whenever something of the body arrived.
    pub fn progress(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// What went wrong, if anything did.
    pub fn fault(&self) -> Option<UploadFault> {
        match self.fault.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(UploadFault::Stalled),
            _ => Some(UploadFault::Broken),
        }
    }
}

impl RequestBody {
    /// The body that `inner` brings, given up when nothing comes for `stall`; and how to watch it.
    pub fn of(inner: Incoming, stall: Duration) -> (Self, Option<Arc<UploadWatch>>) {
        if inner.is_end_stream() {
            return (RequestBody::Empty, None);
        }
        let watch = Arc::new(UploadWatch::default());
        let upload = Upload {
            inner,
            watch: Arc::clone(&watch),
            timer: Stall::default(),
            stall,
        };
        (RequestBody::Upload(Box::new(upload)), Some(watch))
    }
}

impl Upload {
    fn fail(&self, fault: u8) -> io::Error {
        self.watch.fault.store(fault, Ordering::Relaxed);
        io::Error::other("the client's body did not arrive")
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(self.fail(2)))),
            Poll::Ready(Some(Ok(frame))) => {
                self.watch.frames.fetch_add(1, Ordering::Relaxed);
                self.timer.progress();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                ready!(self.timer.poll(cx, self.stall));
                Poll::Ready(Some(Err(self.fail(1))))
            }
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            RequestBody::Empty => Poll::Ready(None),
            RequestBody::Upload(upload) => upload.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            RequestBody::Empty => true,
            RequestBody::Upload(upload) => upload.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            RequestBody::Empty => SizeHint::with_exact(0),
            RequestBody::Upload(upload) => upload.inner.size_hint(),
        }
    }
}

/// The body of an answer.
pub struct ResponseBody {
    kind: Kind,
    /// The request is under way until the last byte of its answer is.
    busy: Option<Busy>,
}

enum Kind {
    /// The gateway's own.
    Full(Option<Bytes>),
    /// A guest's.
    Guest(Box<GuestBody>),
}

/// A body that comes from a guest, with the connection it comes over: reading the body drives the connection, in the same
/// task, and dropping the body before its end closes it.
pub struct GuestBody {
    inner: Incoming,
    connection: Option<Box<Connection>>,
    in_flight: InFlight,
    metrics: Arc<Metrics>,
    timer: Stall,
    idle: Duration,
}

impl ResponseBody {
    /// No body.
    pub fn empty() -> Self {
        Kind::Full(None).into()
    }

    /// These bytes.
    pub fn full(bytes: Bytes) -> Self {
        Kind::Full(Some(bytes)).into()
    }

    /// Drops `busy` with the body.
    pub fn hold(&mut self, busy: Busy) {
        self.busy = Some(busy);
    }

    /// What a guest sends over `connection`, given up when it is silent for `idle`.
    pub fn guest(
        inner: Incoming,
        connection: Box<Connection>,
        in_flight: InFlight,
        metrics: Arc<Metrics>,
        idle: Duration,
    ) -> Self {
        let guest = GuestBody {
            inner,
            connection: Some(connection),
            in_flight,
            metrics,
            timer: Stall::default(),
            idle,
        };
        Kind::Guest(Box::new(guest)).into()
    }
}

impl From<Kind> for ResponseBody {
    fn from(kind: Kind) -> Self {
        Self { kind, busy: None }
    }
}

impl GuestBody {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let polled = self.poll_inner(cx);
        match &polled {
            Poll::Pending => {
                ready!(self.timer.poll(cx, self.idle));
                self.give_up();
                Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
            }
            Poll::Ready(Some(Ok(_))) => {
                self.timer.progress();
                if self.inner.is_end_stream() {
                    self.finish();
                }
                polled
            }
            Poll::Ready(None) => {
                self.finish();
                polled
            }
            Poll::Ready(Some(Err(_))) => {
                self.give_up();
                polled
            }
        }
    }

    /// The body is fed by nothing but the connection, which is driven here.
    fn poll_inner(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(item) = self.next() {
            return Poll::Ready(item);
        }
        let over = match &mut self.connection {
            Some(connection) => connection.poll_drive(cx).is_ready(),
            None => true,
        };
        match self.next() {
            Poll::Ready(item) => Poll::Ready(item),
            // Cannot be: a body whose connection is over ends.
            Poll::Pending if over => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn give_up(&mut self) {
        let cut = self.connection.take().is_some_and(|c| c.is_cut());
        if cut {
            self.metrics.cut.up();
        } else {
            self.metrics.aborted.up();
        }
    }

    fn next(&mut self) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let mut inner = Pin::new(&mut self.inner);
        quietly(|quiet| inner.as_mut().poll_frame(quiet))
            .map(|item| item.map(|frame| frame.map_err(io::Error::other)))
    }

    fn finish(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.in_flight.backend().give_back(connection);
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.get_mut().kind {
            Kind::Full(bytes) => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Kind::Guest(guest) => guest.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Full(bytes) => bytes.is_none(),
            Kind::Guest(guest) => guest.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Kind::Guest(guest) => guest.inner.size_hint(),
        }
    }
}
