//! The way out of one guest.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::connections::{Connections, Ends};
use super::dns::Names;
use super::flows::{Flows, leads_home};
use super::frames::Frames;
use super::packet::{self, Seen};
use super::policy::{GuestNet, Policy};
use super::walls::{Verdict, Walls};

/// Packets taken from the guest before anything else gets its turn.
const BATCH: usize = 64;

/// Forwards what one guest sends, as far as the walls let it. One value, one future: nothing is spawned, and dropping it
/// ends every connection.
pub struct Egress {
    frames: Frames,
    net: GuestNet,
    walls: Walls,
    names: Names,
    connections: Connections,
    flows: Flows,
    alarm: Pin<Box<Sleep>>,
    resting: bool,
}

/// Where a packet may go.
enum Way {
    Closed,
    Open(SocketAddr),
    Names,
}

impl Egress {
    /// Takes over the descriptor that [`super::guest_side`] made. Must be called inside a tokio runtime that has its
    /// network and time drivers on.
    pub fn new(socket: OwnedFd, policy: Policy) -> io::Result<Self> {
        let mut frames = Frames::new(socket, policy.net.mtu)?;
        Ok(Self {
            connections: Connections::new(&policy.net, policy.max_connections, &mut frames),
            flows: Flows::new(policy.max_flows, policy.net.mtu),
            frames,
            net: policy.net.clone(),
            names: Names::new(policy.resolvers.clone()),
            walls: Walls::new(policy),
            alarm: Box::pin(tokio::time::sleep(Duration::ZERO)),
            resting: true,
        })
    }

    /// Forwards until the guest's network is gone.
    pub async fn run(mut self) -> io::Result<()> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut more = match self.receive(context) {
            Poll::Ready(result) => return Poll::Ready(result),
            Poll::Pending => false,
        };
        more |= self.connections.poll(context, &mut self.frames);
        more |= self.flows.poll(context, &mut self.names, &mut self.frames);
        more |= self.set_alarm(context);
        if more {
            context.waker().wake_by_ref();
        } else {
            self.rest_when_idle();
        }
        Poll::Pending
    }

    /// Takes packets until there are none, or until others must have their turn, which wakes this task again.
    fn receive(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        for _ in 0..BATCH {
            match self.frames.poll_receive(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(Some(length))) => self.take(length),
                Poll::Ready(Ok(None)) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn take(&mut self, length: usize) {
        self.resting = false;
        match packet::look(self.frames.packet(length)) {
            Seen::Syn { from, to } if *from.ip() == self.net.address => {
                self.begin((from, to), length)
            }
            Seen::Tcp { from, to, reset } if *from.ip() == self.net.address => {
                if reset {
                    self.connections.forget(&(from, to));
                }
                self.pass_on(length);
            }
            Seen::Udp { from, to, .. } if *from.ip() == self.net.address => {
                self.datagram((from, to), length)
            }
            _ => {}
        }
    }

    fn begin(&mut self, ends: Ends, length: usize) {
        if self.connections.knows(&ends) {
            return self.pass_on_known(ends, length);
        }
        let to = match self.way(ends) {
            Way::Closed => return self.pass_on(length),
            Way::Open(to) => to,
            Way::Names => self.names.current(),
        };
        let first = self.frames.packet(length).to_owned();
        if !self.connections.dial(ends, to, &first) {
            self.pass_on(length);
        }
    }

    /// A first packet sent again: the connection that is being made will answer; one that is there answers itself.
    fn pass_on_known(&mut self, ends: Ends, length: usize) {
        if self.connections.is_open(&ends) {
            self.pass_on(length);
        }
    }

    /// Gives a packet to smoltcp, which answers with a reset where there is no connection for it.
    fn pass_on(&mut self, length: usize) {
        self.frames.offer(length);
        self.connections.take_offered(&mut self.frames);
    }

    fn datagram(&mut self, ends: Ends, length: usize) {
        let way = self.way(ends);
        // Copied: the packet lies in the buffer of the socket that an answer goes out by.
        let Seen::Udp { payload, .. } = packet::look(self.frames.packet(length)) else {
            return;
        };
        let payload = payload.to_owned();
        match way {
            Way::Closed => self.flows.refuse(ends, &mut self.frames),
            Way::Open(to) => self.flows.send(ends, to, &payload, &mut self.frames),
            Way::Names => self
                .flows
                .ask(ends, &mut self.names, &payload, &mut self.frames),
        }
    }

    fn way(&mut self, ends: Ends) -> Way {
        match self.walls.verdict(ends.1) {
            Verdict::Denied => Way::Closed,
            // Asked once per flow: what is open already was let through.
            Verdict::Allowed(_) if !self.flows.knows(&ends) && leads_home(ends.1) => Way::Closed,
            Verdict::Allowed(to) | Verdict::Excepted(to) => Way::Open(to),
            Verdict::Names => Way::Names,
        }
    }

    /// Sets the time of the next look. True when it has come already.
    fn set_alarm(&mut self, context: &mut Context<'_>) -> bool {
        let waits = [self.connections.look_again_in(), self.flows.look_again_in()];
        let Some(wait) = waits.into_iter().flatten().min() else {
            return false;
        };
        self.alarm.as_mut().reset(Instant::now() + wait);
        self.alarm.as_mut().poll(context).is_ready()
    }

    /// An idle guest must cost next to nothing: there are many.
    fn rest_when_idle(&mut self) {
        if self.resting || !self.connections.is_idle() || !self.flows.is_idle() {
            return;
        }
        self.resting = true;
        self.frames.rest();
        self.flows.rest();
        #[cfg(target_env = "gnu")]
        // SAFETY: gives free memory back to the system; always sound.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}
