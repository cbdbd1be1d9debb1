//! TCP of one guest: ended here by smoltcp, continued from the host.
//!
//! A guest's first packet is held back until the host has connected, so that the guest sees what really happens: refused
//! is refused, slow is slow. Data is moved only as fast as the other side takes it; half-closed connections stay so.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use smoltcp::iface::{Config, Interface, PollResult, SocketHandle, SocketSet};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::wire::{HardwareAddress, IpCidr};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use super::frames::Frames;
use super::policy::GuestNet;

/// Bytes held per direction and connection. Between guest and here there is no distance, so little is enough.
const BUFFER: usize = 64 * 1024;

/// As long as a host's own connect takes at most before it is given up.
const CONNECT_WITHIN: Duration = Duration::from_secs(60);

/// Rounds of sending per look, so that one busy connection does not hold up what arrives.
const SEND_ROUNDS: usize = 16;

/// The two ends as the guest sees them.
pub(super) type Ends = (SocketAddrV4, SocketAddrV4);

type Dialled = (Ends, io::Result<TcpStream>);

/// All TCP of one guest.
pub(super) struct Connections {
    interface: Interface,
    sockets: SocketSet<'static>,
    started: Instant,
    open: HashMap<Ends, Connection>,
    /// The held-back first packets of connections being made.
    held: HashMap<Ends, Vec<u8>>,
    dialling: FuturesUnordered<BoxFuture<'static, Dialled>>,
    max: usize,
}

struct Connection {
    handle: SocketHandle,
    host: TcpStream,
    /// The host's side has sent its last byte.
    host_done: bool,
    /// The guest's side has sent its last byte, and the host's peer was told.
    guest_done: bool,
}

impl Connections {
    pub fn new(net: &GuestNet, max: usize, frames: &mut Frames) -> Self {
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = std::hash::RandomState::new().build_hasher().finish();
        let mut interface = Interface::new(config, frames, smoltcp::time::Instant::ZERO);
        interface.set_any_ip(true);
        interface.update_ip_addrs(|addresses| {
            let _one_always_fits = addresses.push(IpCidr::new(net.gateway.into(), net.prefix));
        });
        let _one_always_fits = interface.routes_mut().add_default_ipv4_route(net.gateway);
        Self {
            interface,
            sockets: SocketSet::new(Vec::new()),
            started: Instant::now(),
            open: HashMap::new(),
            held: HashMap::new(),
            dialling: FuturesUnordered::new(),
            max,
        }
    }

    /// True while there is anything to do.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty() && self.dialling.is_empty()
    }

    /// When to look again though nothing arrives.
    pub fn look_again_in(&mut self) -> Option<Duration> {
        let now = self.now();
        self.interface
            .poll_delay(now, &self.sockets)
            .map(Into::into)
    }

    /// True for a first packet that asks for nothing new: sent again, or for a connection that is there.
    pub fn knows(&self, ends: &Ends) -> bool {
        self.held.contains_key(ends) || self.open.contains_key(ends)
    }

    /// True for a connection that is there.
    pub fn is_open(&self, ends: &Ends) -> bool {
        self.open.contains_key(ends)
    }

    /// Begins to connect to `to` for the held-back first packet. False when there are too many connections.
    pub fn dial(&mut self, ends: Ends, to: SocketAddr, first: &[u8]) -> bool {
        if self.open.len() + self.dialling.len() >= self.max {
            return false;
        }
        self.held.insert(ends, first.to_owned());
        self.dialling.push(Box::pin(async move {
            let stream = match tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(to)).await {
                Ok(stream) => stream,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            (ends, stream)
        }));
        true
    }

    /// The guest gave up a connection that is being made.
    pub fn forget(&mut self, ends: &Ends) {
        self.held.remove(ends);
    }

    /// Gives the packet that `frames` offers to smoltcp; one that belongs to no connection is answered with a reset.
    pub fn take_offered(&mut self, frames: &mut Frames) {
        let now = self.now();
        self.interface
            .poll_ingress_single(now, frames, &mut self.sockets);
    }

    /// Moves what can be moved. True when there is more to do at once.
    pub fn poll(&mut self, context: &mut Context<'_>, frames: &mut Frames) -> bool {
        while let Poll::Ready(Some((ends, stream))) = self.dialling.poll_next_unpin(context) {
            self.dialled(ends, stream, frames);
        }
        for connection in self.open.values_mut() {
            let socket = self.sockets.get_mut::<Socket<'_>>(connection.handle);
            if connection.pump(socket, context).is_err() {
                socket.abort();
            }
        }
        let more = self.send(frames);
        self.close_ended();
        more
    }

    fn dialled(&mut self, ends: Ends, stream: io::Result<TcpStream>, frames: &mut Frames) {
        let Some(first) = self.held.remove(&ends) else {
            return;
        };
        if let Ok(host) = stream {
            self.accept(ends, host);
        }
        // Without a listening socket smoltcp answers this with a reset, which is what the guest should see then.
        frames.offer_kept(&first);
        self.take_offered(frames);
    }

    fn accept(&mut self, ends: Ends, host: TcpStream) {
        let buffer = || SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = Socket::new(buffer(), buffer());
        socket.set_nagle_enabled(false);
        if socket.listen(ends.1).is_err() {
            return;
        }
        let _only_slower = host.set_nodelay(true);
        // A peer that vanished would otherwise hold its place for ever.
        let _only_longer =
            nix::sys::socket::setsockopt(&host, nix::sys::socket::sockopt::KeepAlive, &true);
        let handle = self.sockets.add(socket);
        self.open.insert(
            ends,
            Connection {
                handle,
                host,
                host_done: false,
                guest_done: false,
            },
        );
    }

    fn send(&mut self, frames: &mut Frames) -> bool {
        let now = self.now();
        (0..SEND_ROUNDS)
            .all(|_| self.interface.poll_egress(now, frames, &mut self.sockets) != PollResult::None)
    }

    fn close_ended(&mut self) {
        let sockets = &mut self.sockets;
        self.open.retain(|_, connection| {
            let state = sockets.get::<Socket<'_>>(connection.handle).state();
            let ended = matches!(state, State::Closed | State::TimeWait | State::Listen);
            if ended {
                sockets.remove(connection.handle);
                if !connection.is_over() {
                    connection.break_off();
                }
            }
            !ended
        });
    }

    fn now(&self) -> smoltcp::time::Instant {
        smoltcp::time::Instant::from_micros(self.started.elapsed().as_micros() as i64)
    }
}

/// What is cut off must not look like a tidy end to the peers.
impl Drop for Connections {
    fn drop(&mut self) {
        for connection in self
            .open
            .values()
            .filter(|connection| !connection.is_over())
        {
            connection.break_off();
        }
    }
}

impl Connection {
    fn is_over(&self) -> bool {
        self.host_done && self.guest_done
    }

    /// Makes the peer see a reset once this is dropped.
    fn break_off(&self) {
        let _peer_sees_an_end = self.host.set_zero_linger();
    }

    fn pump(&mut self, socket: &mut Socket<'_>, context: &mut Context<'_>) -> io::Result<()> {
        self.carry_out(socket, context)?;
        self.carry_in(socket, context)
    }

    fn carry_out(&mut self, socket: &mut Socket<'_>, context: &mut Context<'_>) -> io::Result<()> {
        while socket.can_recv() {
            let host = &self.host;
            let moved = socket
                .recv(|data| split(host.try_write(data)))
                .map_err(io::Error::other)?;
            if is_blocked(moved)? && self.host.poll_write_ready(context)?.is_pending() {
                return Ok(());
            }
        }
        let guest_closed = matches!(
            socket.state(),
            State::CloseWait | State::LastAck | State::Closing | State::TimeWait
        );
        if guest_closed
            && !self.guest_done
            && Pin::new(&mut self.host).poll_shutdown(context)?.is_ready()
        {
            self.guest_done = true;
        }
        Ok(())
    }

    fn carry_in(&mut self, socket: &mut Socket<'_>, context: &mut Context<'_>) -> io::Result<()> {
        while !self.host_done && socket.can_send() {
            let host = &self.host;
            let moved = socket
                .send(|room| split(host.try_read(room)))
                .map_err(io::Error::other)?;
            if matches!(moved, Ok(0)) {
                self.host_done = true;
                socket.close();
            } else if is_blocked(moved)? && self.host.poll_read_ready(context)?.is_pending() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What smoltcp's buffers want to know, and what we want to know.
fn split(moved: io::Result<usize>) -> (usize, io::Result<usize>) {
    (moved.as_ref().copied().unwrap_or(0), moved)
}

fn is_blocked(moved: io::Result<usize>) -> io::Result<bool> {
    match moved {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error),
    }
}
