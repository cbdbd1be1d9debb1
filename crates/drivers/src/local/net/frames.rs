//! The packet socket, as tokio and smoltcp see it.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smoltcp::phy::{
    Checksum, ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken,
};
use smoltcp::time::Instant;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::guest::{GATE_MAC, GUEST_MAC};

/// An Ethernet header.
const HEADER: usize = 14;

/// Room for the largest packet that IPv4 knows: the kernel may hand over more than the MTU in one piece.
const LARGEST: usize = HEADER + 65_535;

/// Frames from and to one guest, without their Ethernet header.
pub(super) struct Frames {
    socket: Arc<AsyncFd<OwnedFd>>,
    /// Ends when the interface is gone. An error alone does not make a socket readable.
    broken: BoxFuture<'static, ()>,
    received: Vec<u8>,
    /// What smoltcp is to see next, a part of `received`.
    offered: Option<usize>,
    outgoing: Vec<u8>,
    mtu: usize,
}

impl Frames {
    pub fn new(socket: OwnedFd, mtu: u16) -> io::Result<Self> {
        set_nonblocking(&socket)?;
        enlarge(&socket);
        let interest = Interest::READABLE | Interest::ERROR;
        // SAFETY: an `OwnedFd` gives the same open descriptor for as long as it lives, and it is never replaced.
        let socket = Arc::new(unsafe { AsyncFd::register_with_interest(socket, interest) }?);
        let watched = socket.clone();
        Ok(Self {
            broken: Box::pin(async move {
                while watched
                    .ready(Interest::ERROR)
                    .await
                    .is_ok_and(|guard| !guard.ready().is_error())
                {}
            }),
            socket,
            received: Vec::new(),
            offered: None,
            outgoing: Vec::new(),
            mtu: mtu.into(),
        })
    }

    /// Reads the next packet; none when the guest's network is gone.
    pub fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<usize>>> {
        if self.broken.poll_unpin(context).is_ready() {
            return Poll::Ready(Ok(None));
        }
        self.received.resize(LARGEST, 0);
        loop {
            let mut guard = ready!(self.socket.poll_read_ready(context))?;
            let read = guard.try_io(|socket| receive(socket.get_ref(), &mut self.received));
            match read {
                Ok(Ok(length)) if length <= HEADER => {}
                Ok(Ok(length)) => return Poll::Ready(Ok(Some(length - HEADER))),
                Ok(Err(error)) if is_gone(&error) => return Poll::Ready(Ok(None)),
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }

    /// The packet read last.
    pub fn packet(&self, length: usize) -> &[u8] {
        &self.received[HEADER..HEADER + length]
    }

    /// Lets smoltcp receive the packet read last.
    pub fn offer(&mut self, length: usize) {
        self.offered = Some(length);
    }

    /// Lets smoltcp receive a packet that was kept.
    pub fn offer_kept(&mut self, packet: &[u8]) {
        self.received.resize(LARGEST, 0);
        self.received[HEADER..HEADER + packet.len()].copy_from_slice(packet);
        self.offer(packet.len());
    }

    /// Sends a packet to the guest. Where there is no room it is lost, as on any wire.
    pub fn send(&mut self, packet: &[u8]) {
        self.fill(packet.len(), |room| room.copy_from_slice(packet));
    }

    /// Gives back the memory that only traffic needs.
    pub fn rest(&mut self) {
        self.received = Vec::new();
        self.outgoing = Vec::new();
    }

    fn fill<R>(&mut self, length: usize, write: impl FnOnce(&mut [u8]) -> R) -> R {
        Outgoing {
            socket: self.socket.get_ref(),
            buffer: &mut self.outgoing,
        }
        .consume(length, write)
    }
}

fn set_nonblocking(socket: &OwnedFd) -> io::Result<()> {
    use nix::fcntl::{F_GETFL, F_SETFL, OFlag, fcntl};
    let flags = OFlag::from_bits_retain(fcntl(socket, F_GETFL)?);
    fcntl(socket, F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Room for bursts of many connections. Only root may go past the machine's bound; a smaller buffer is only slower.
fn enlarge(socket: &OwnedFd) {
    use nix::sys::socket::{setsockopt, sockopt};
    const BYTES: usize = 4 * 1024 * 1024;
    if setsockopt(socket, sockopt::RcvBufForce, &BYTES).is_err() {
        let _only_slower = setsockopt(socket, sockopt::RcvBuf, &BYTES);
    }
}

fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(nix::sys::socket::recv(
        socket.as_raw_fd(),
        buffer,
        nix::sys::socket::MsgFlags::MSG_DONTWAIT,
    )?)
}

/// The interface went down or away: the guest's last process has ended.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENETDOWN | libc::ENXIO | libc::ENODEV)
    )
}

impl Device for Frames {
    type RxToken<'a> = Incoming<'a>;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Incoming<'_>, Outgoing<'_>)> {
        let length = self.offered.take()?;
        let incoming = Incoming(&self.received[HEADER..HEADER + length]);
        Some((
            incoming,
            Outgoing {
                socket: self.socket.get_ref(),
                buffer: &mut self.outgoing,
            },
        ))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Outgoing<'_>> {
        Some(Outgoing {
            socket: self.socket.get_ref(),
            buffer: &mut self.outgoing,
        })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut checksum = ChecksumCapabilities::default();
        // The guest's kernel leaves checksums to the "hardware"; nothing between it and us can damage a byte.
        checksum.ipv4 = Checksum::Tx;
        checksum.tcp = Checksum::Tx;
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities.checksum = checksum;
        capabilities
    }
}

/// A packet for smoltcp.
pub(super) struct Incoming<'a>(&'a [u8]);

impl RxToken for Incoming<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

/// Room for a packet to the guest.
pub(super) struct Outgoing<'a> {
    socket: &'a OwnedFd,
    buffer: &'a mut Vec<u8>,
}

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        self.buffer.clear();
        self.buffer.extend(GUEST_MAC);
        self.buffer.extend(GATE_MAC);
        self.buffer.extend((libc::ETH_P_IP as u16).to_be_bytes());
        self.buffer.resize(HEADER + length, 0);
        let result = write(&mut self.buffer[HEADER..]);
        let flags = nix::sys::socket::MsgFlags::MSG_DONTWAIT;
        let _lost_as_on_any_wire =
            nix::sys::socket::send(self.socket.as_raw_fd(), self.buffer, flags);
        result
    }
}
