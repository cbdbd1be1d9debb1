//! The link between a shim and its guest's first process: a socket pair that keeps messages apart and can carry a
//! descriptor.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};
use serde::{Deserialize, Serialize};

/// What the shim tells the first process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Ids are mapped and limits set: build the walls.
    Build,
    /// Start the app.
    Start,
    /// Ask the app to end.
    Terminate,
    /// End everything inside but the first process.
    Clear,
    /// Stop everything inside.
    Pause,
    /// Let it go on.
    Continue,
}

/// What the first process tells the shim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    /// The network inside; its packets come through the descriptor that is sent along.
    Network,
    /// There is no network inside but its own loopback, and why.
    NoNetwork(String),
    /// The walls stand. True: Landlock holds too.
    Built(bool),
    /// They could not be built.
    Failed(String),
    /// The app ended, as `wait` says it.
    Exited(i32),
}

/// One end of the link.
#[derive(Debug)]
pub struct Link(OwnedFd);

/// A message that does not fit is a mistake of ours; texts are cut before.
const LARGEST: usize = 4096;

impl Link {
    /// Both ends.
    pub fn pair() -> io::Result<(Self, Self)> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (a, b) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
        Ok((Self(a), Self(b)))
    }

    /// Sends a message.
    pub fn send<T: Serialize>(&self, message: &T) -> io::Result<()> {
        self.send_with(message, None)
    }

    /// Sends a message with a descriptor.
    pub fn send_with<T: Serialize>(
        &self,
        message: &T,
        fd: Option<BorrowedFd<'_>>,
    ) -> io::Result<()> {
        let bytes = serde_json::to_vec(message)?;
        let fds: Vec<RawFd> = fd.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&fds)];
        let control: &[ControlMessage<'_>] = if fds.is_empty() { &[] } else { &rights };
        let flags = MsgFlags::MSG_NOSIGNAL;
        sendmsg::<()>(
            self.0.as_raw_fd(),
            &[IoSlice::new(&bytes)],
            control,
            flags,
            None,
        )?;
        Ok(())
    }

    /// The next message; none when the other end is gone.
    pub fn receive<T: for<'a> Deserialize<'a>>(&self) -> io::Result<Option<(T, Option<OwnedFd>)>> {
        let mut bytes = [0u8; LARGEST];
        let mut space = nix::cmsg_space!(RawFd);
        let (length, fd) = {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            let got = recvmsg::<()>(self.0.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
            let fd = got.cmsgs()?.find_map(|message| match message {
                ControlMessageOwned::ScmRights(fds) => fds.first().copied(),
                _ => None,
            });
            (got.bytes, fd)
        };
        // SAFETY: the kernel just put this descriptor into our table; nobody else knows of it.
        let fd = fd.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
        if length == 0 {
            return Ok(None);
        }
        Ok(Some((serde_json::from_slice(&bytes[..length])?, fd)))
    }

    /// Lets reads and writes answer at once.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        let flags = nix::fcntl::OFlag::O_NONBLOCK;
        nix::fcntl::fcntl(&self.0, nix::fcntl::FcntlArg::F_SETFL(flags))?;
        Ok(())
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Link {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Cuts a text so that its message fits.
pub fn fitting(text: &str) -> String {
    text.chars().take(800).collect()
}
