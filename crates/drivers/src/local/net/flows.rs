//! UDP of one guest: a socket of the host per pair of ends, until it was idle for a while.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use nix::sys::socket::MsgFlags;
use tokio::io::{Interest, ReadBuf};
use tokio::net::UdpSocket;

use super::connections::Ends;
use super::dns::Names;
use super::frames::Frames;
use super::packet;

const IDLE: Duration = Duration::from_secs(60);
const IDLE_NAMES: Duration = Duration::from_secs(15);

/// A question asked again after this long means that the resolver is not answering; sooner it is another question from
/// the same port (A and AAAA are asked side by side).
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Datagrams taken from one socket per look.
const BATCH: usize = 32;

/// All UDP of one guest.
pub(super) struct Flows {
    open: HashMap<Ends, Flow>,
    max: usize,
    mtu: usize,
    received: Vec<u8>,
    packet: Vec<u8>,
}

struct Flow {
    socket: Arc<UdpSocket>,
    /// Ends when the network says that nobody is there. An error alone does not make a socket readable.
    broken: BoxFuture<'static, ()>,
    used: Instant,
    /// The resolver that is asked, where this is about names.
    resolver: Option<SocketAddr>,
    /// Since when an answer is awaited.
    waiting: Option<Instant>,
}

impl Flow {
    fn to(to: SocketAddr, resolver: Option<SocketAddr>) -> io::Result<Self> {
        let socket = Arc::new(connected(to)?);
        let watched = socket.clone();
        let broken = async move {
            while watched
                .ready(Interest::ERROR)
                .await
                .is_ok_and(|ready| !ready.is_error())
            {}
        };
        Ok(Self {
            socket,
            broken: Box::pin(broken),
            used: Instant::now(),
            resolver,
            waiting: None,
        })
    }

    /// Takes one datagram; an error ends the flow.
    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.socket.poll_recv(context, buffer))?;
        self.used = Instant::now();
        self.waiting = None;
        Poll::Ready(Ok(()))
    }

    fn idle_after(&self) -> Duration {
        if self.resolver.is_some() {
            IDLE_NAMES
        } else {
            IDLE
        }
    }
}

impl Flows {
    pub fn new(max: usize, mtu: u16) -> Self {
        Self {
            open: HashMap::new(),
            max: max.max(1),
            mtu: mtu.into(),
            received: Vec::new(),
            packet: Vec::new(),
        }
    }

    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// True for ends that talk already.
    pub fn knows(&self, ends: &Ends) -> bool {
        self.open.contains_key(ends)
    }

    /// Gives back the memory that only traffic needs.
    pub fn rest(&mut self) {
        self.received = Vec::new();
        self.packet = Vec::new();
    }

    /// Sends a guest's datagram on to `to`.
    pub fn send(&mut self, ends: Ends, to: SocketAddr, payload: &[u8], frames: &mut Frames) {
        if self.forward(ends, to, None, payload).is_err() {
            self.open.remove(&ends);
            self.refuse(ends, frames);
        }
    }

    /// Sends a guest's question for a name to a resolver of the host.
    pub fn ask(&mut self, ends: Ends, names: &mut Names, payload: &[u8], frames: &mut Frames) {
        let silent = |flow: &Flow| {
            flow.waiting
                .is_some_and(|since| since.elapsed() > ANSWERS_WITHIN)
        };
        if let Some(flow) = self.open.get(&ends).filter(|flow| silent(flow)) {
            if let Some(resolver) = flow.resolver {
                names.failed(resolver);
            }
            self.open.remove(&ends);
        }
        let resolver = names.current();
        if self
            .forward(ends, resolver, Some(resolver), payload)
            .is_err()
        {
            names.failed(resolver);
            self.open.remove(&ends);
            self.refuse(ends, frames);
        }
    }

    /// Tells the guest that nobody is there.
    pub fn refuse(&mut self, ends: Ends, frames: &mut Frames) {
        packet::unreachable(ends.0, ends.1, &mut self.packet);
        frames.send(&self.packet);
    }

    /// Passes answers on and ends what was idle for long. True when there is more to do at once.
    pub fn poll(
        &mut self,
        context: &mut Context<'_>,
        names: &mut Names,
        frames: &mut Frames,
    ) -> bool {
        let mut more = false;
        let mut refused = Vec::new();
        if !self.open.is_empty() {
            self.received.resize(usize::from(u16::MAX), 0);
        }
        for (ends, flow) in &mut self.open {
            for taken in 1..=BATCH {
                let mut buffer = ReadBuf::new(&mut self.received);
                match flow.poll_receive(context, &mut buffer) {
                    Poll::Pending if flow.broken.poll_unpin(context).is_pending() => break,
                    Poll::Pending | Poll::Ready(Err(_)) => {
                        refused.push(*ends);
                        break;
                    }
                    Poll::Ready(Ok(())) => {
                        packet::datagram(ends.1, ends.0, buffer.filled(), &mut self.packet)
                    }
                }
                // Larger than the guest's network takes: lost, as on any link with a smaller MTU.
                if self.packet.len() <= self.mtu {
                    frames.send(&self.packet);
                }
                more |= taken == BATCH;
            }
        }
        for ends in refused {
            if let Some(resolver) = self.open.remove(&ends).and_then(|flow| flow.resolver) {
                names.failed(resolver);
            }
            self.refuse(ends, frames);
        }
        self.open
            .retain(|_, flow| flow.used.elapsed() < flow.idle_after());
        more
    }

    /// When to look again though nothing arrives.
    pub fn look_again_in(&self) -> Option<Duration> {
        let left = |flow: &Flow| flow.idle_after().saturating_sub(flow.used.elapsed());
        self.open.values().map(left).min()
    }

    fn forward(
        &mut self,
        ends: Ends,
        to: SocketAddr,
        resolver: Option<SocketAddr>,
        payload: &[u8],
    ) -> io::Result<()> {
        if !self.open.contains_key(&ends) {
            self.make_room();
            self.open.insert(ends, Flow::to(to, resolver)?);
        }
        let Some(flow) = self.open.get_mut(&ends) else {
            return Ok(());
        };
        flow.used = Instant::now();
        flow.waiting = flow.waiting.or(Some(flow.used));
        // Not `try_send`: that waits until tokio has seen the new socket writable once.
        match nix::sys::socket::send(
            flow.socket.as_raw_fd(),
            payload,
            MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
        ) {
            // Datagrams may be lost: the ones that do not fit, and the ones for which there is no room now.
            Ok(_) | Err(nix::Error::EAGAIN | nix::Error::ENOBUFS | nix::Error::EMSGSIZE) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn make_room(&mut self) {
        if self.open.len() < self.max {
            return;
        }
        let oldest = self
            .open
            .iter()
            .min_by_key(|(_, flow)| flow.used)
            .map(|(ends, _)| *ends);
        if let Some(ends) = oldest {
            self.open.remove(&ends);
        }
    }
}

fn connected(to: SocketAddr) -> io::Result<UdpSocket> {
    let socket = bound_for(to)?;
    socket.connect(to)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

fn bound_for(to: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    std::net::UdpSocket::bind(any)
}

/// True when the host's routes lead from this address back to the host itself, whatever its interfaces are called.
/// Connecting UDP sends nothing; it only asks the routing table.
pub(super) fn leads_home(to: SocketAddrV4) -> bool {
    let own_end = || {
        let socket = bound_for(to.into())?;
        socket.connect(to)?;
        socket.local_addr()
    };
    own_end().is_ok_and(|own| own.ip() == *to.ip())
}
