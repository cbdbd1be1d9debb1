//! Sockets that are handed out: the guest's helper connects inside the guest's network and passes the descriptor here.
//! What comes is checked before it is used; the helper lives near the guest and is not believed blindly.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::time::Duration;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockType, SockaddrLike, SockaddrStorage,
    getpeername, getsockopt, recvmsg, sockopt,
};
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

use super::dial::DialError;
use crate::unix_path::ShortPath;

/// The kernel passes no more than this many in one message (SCM_MAX_FD). With room for all of them none can be lost and
/// leak.
const MOST_DESCRIPTORS: usize = 253;

/// How long to wait before a full queue of the helper is tried again.
const FULL_QUEUE: Duration = Duration::from_millis(3);

/// Asks the helper at `path` for one connected socket.
pub async fn take(path: &Path) -> Result<TcpStream, DialError> {
    let helper = connect(path).await?;
    let (word, descriptors) = helper
        .async_io(Interest::READABLE, || receive(helper.as_raw_fd()))
        .await?;
    let mut descriptors = descriptors.into_iter();
    match (word, descriptors.next(), descriptors.next()) {
        (Some(0), Some(socket), None) => Ok(adopt(socket)?),
        (Some(errno @ 1..), None, None) => {
            Err(io::Error::from_raw_os_error(i32::from(errno)).into())
        }
        (None, _, _) => Err(invalid("the helper closed the connection without an answer").into()),
        _ => Err(invalid("the helper did not pass exactly one descriptor").into()),
    }
}

/// A full queue answers at once instead of waiting: try again until the caller's time is over.
async fn connect(path: &Path) -> io::Result<UnixStream> {
    let short = ShortPath::of(path)?;
    loop {
        match UnixStream::connect(short.as_path()).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tokio::time::sleep(FULL_QUEUE).await;
            }
            other => return other,
        }
    }
}

/// One message: its byte, and all descriptors that came with it.
fn receive(helper: RawFd) -> io::Result<(Option<u8>, Vec<OwnedFd>)> {
    let mut word = [0u8; 1];
    let mut parts = [IoSliceMut::new(&mut word)];
    let mut space = cmsg_space!([RawFd; MOST_DESCRIPTORS]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC | MsgFlags::MSG_DONTWAIT;
    let message = recvmsg::<()>(helper, &mut parts, Some(&mut space), flags)?;
    let mut descriptors = Vec::new();
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(raw) = part {
            // SAFETY: the kernel just made these descriptors for this process; nothing else knows them.
            descriptors.extend(
                raw.into_iter()
                    .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }),
            );
        }
    }
    let bytes = message.bytes;
    Ok(((bytes == 1).then_some(word[0]), descriptors))
}

/// Takes a descriptor for a TCP socket only if it is one, and connected.
fn adopt(socket: OwnedFd) -> io::Result<TcpStream> {
    if getsockopt(&socket, sockopt::SockType).map_err(not_socket)? != SockType::Stream {
        return Err(invalid("the helper passed a socket that is no stream"));
    }
    // Its address family is that of the socket (SO_DOMAIN), and only a connected one has a peer.
    let peer: SockaddrStorage = getpeername(socket.as_raw_fd()).map_err(not_socket)?;
    match peer.family() {
        Some(AddressFamily::Inet | AddressFamily::Inet6) => {}
        _ => return Err(invalid("the helper passed a socket that is not TCP")),
    }
    let stream = std::net::TcpStream::from(socket);
    stream.set_nonblocking(true)?;
    // Refused by anything over IP that is not TCP.
    stream.set_nodelay(true)?;
    TcpStream::from_std(stream)
}

fn not_socket(errno: Errno) -> io::Error {
    match errno {
        Errno::ENOTSOCK => invalid("the helper passed a descriptor that is no socket"),
        Errno::ENOTCONN => invalid("the helper passed a socket that is not connected"),
        other => other.into(),
    }
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
