//! Hands out connections to the app: each client of the unix socket gets one TCP socket, connected inside the guest's
//! own network, and the guest stays closed otherwise.

use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, SockaddrStorage, accept4, connect,
    getsockopt, sendmsg, socket, sockopt::SocketError,
};

/// Connections being made at once; more wait in the socket's queue.
pub const MOST: usize = 256;

/// A connection on its way.
pub struct Pending {
    client: OwnedFd,
    tcp: OwnedFd,
    address: SocketAddr,
}

enum Step {
    Later(Pending),
    Done,
}

/// Takes every waiting client, as far as there is room.
pub fn accept(listener: &OwnedFd, port: u16, pending: &mut Vec<Pending>) {
    while pending.len() < MOST {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let Ok(client) = accept4(listener.as_raw_fd(), flags) else {
            return;
        };
        // SAFETY: the kernel just gave us this descriptor.
        let client = unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(client) };
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        if let Step::Later(later) = begin(client, address) {
            pending.push(later);
        }
    }
}

/// Goes on with one whose TCP socket is ready.
pub fn go_on(one: Pending, pending: &mut Vec<Pending>) {
    let answer = getsockopt(&one.tcp, SocketError).unwrap_or_else(|error| error as i32);
    if let Step::Later(later) = settle(one, answer) {
        pending.push(later);
    }
}

impl Pending {
    /// The socket to wait for.
    pub fn tcp(&self) -> BorrowedFd<'_> {
        self.tcp.as_fd()
    }
}

fn begin(client: OwnedFd, address: SocketAddr) -> Step {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let tcp = match socket(family, SockType::Stream, flags, None) {
        Ok(tcp) => tcp,
        Err(error) => return refuse(&client, error as i32),
    };
    let answer = match connect(tcp.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) => 0,
        Err(error) => error as i32,
    };
    settle(
        Pending {
            client,
            tcp,
            address,
        },
        answer,
    )
}

fn settle(one: Pending, answer: i32) -> Step {
    match Errno::from_raw(answer) {
        _ if answer == 0 => {
            let _ = hand(&one.client, 0, Some(one.tcp.as_raw_fd()));
            Step::Done
        }
        Errno::EINPROGRESS => Step::Later(one),
        // Some apps listen on the IPv6 loopback alone.
        Errno::ECONNREFUSED if one.address.is_ipv4() => begin(
            one.client,
            SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), one.address.port()),
        ),
        // A guest without IPv6 refused on IPv4 before: that is the answer.
        Errno::EAFNOSUPPORT | Errno::EADDRNOTAVAIL => {
            refuse(&one.client, Errno::ECONNREFUSED as i32)
        }
        _ => refuse(&one.client, answer),
    }
}

fn refuse(client: &OwnedFd, errno: i32) -> Step {
    let _ = hand(client, errno, None);
    Step::Done
}

/// One byte, and the descriptor when the byte is 0.
fn hand(client: &OwnedFd, errno: i32, tcp: Option<RawFd>) -> io::Result<()> {
    let byte = [u8::try_from(errno).unwrap_or(u8::MAX)];
    let fds: Vec<RawFd> = tcp.into_iter().collect();
    let rights = [ControlMessage::ScmRights(&fds)];
    let control: &[ControlMessage<'_>] = if fds.is_empty() { &[] } else { &rights };
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    sendmsg::<()>(
        client.as_raw_fd(),
        &[IoSlice::new(&byte)],
        control,
        flags,
        None,
    )?;
    Ok(())
}
