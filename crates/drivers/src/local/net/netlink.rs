//! As much of rtnetlink as one veth pair needs.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A message being written: a header, a fixed part and attributes, possibly nested.
pub(super) struct Message(Vec<u8>);

/// Where a nested attribute began.
#[must_use]
pub(super) struct Nest(usize);

impl Message {
    /// A request that is to be acknowledged. `fixed` is the part between header and attributes.
    pub fn new(kind: u16, flags: i32, fixed: &[u8]) -> Self {
        let flags = (flags | libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
        let mut bytes = vec![0; 4];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend(fixed);
        Self(bytes)
    }

    /// Adds an attribute.
    pub fn put(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        let nest = self.open(kind);
        self.0.extend(value);
        self.close(nest)
    }

    /// Adds text with the NUL that the kernel expects.
    pub fn put_text(&mut self, kind: u16, text: &str) -> &mut Self {
        self.put(kind, &[text.as_bytes(), b"\0"].concat())
    }

    /// Begins an attribute that holds attributes.
    pub fn open(&mut self, kind: u16) -> Nest {
        let at = self.0.len();
        self.0.extend([0; 2]);
        self.0.extend(kind.to_ne_bytes());
        Nest(at)
    }

    /// Adds bytes that stand before nested attributes.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend(bytes);
        self
    }

    /// Ends a nested attribute.
    pub fn close(&mut self, nest: Nest) -> &mut Self {
        let length = (self.0.len() - nest.0) as u16;
        self.0[nest.0..nest.0 + 2].copy_from_slice(&length.to_ne_bytes());
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }
}

/// `struct ifinfomsg`.
pub(super) fn ifinfo(index: u32, flags: u32, change: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[4..8].copy_from_slice(&index.to_ne_bytes());
    bytes[8..12].copy_from_slice(&flags.to_ne_bytes());
    bytes[12..16].copy_from_slice(&change.to_ne_bytes());
    bytes
}

/// A socket for rtnetlink in the network namespace in which it was made.
pub(super) struct Netlink(OwnedFd);

impl Netlink {
    /// A socket in the current network namespace.
    pub fn open() -> io::Result<Self> {
        // SAFETY: a plain system call; the descriptor is owned at once.
        let fd = unsafe {
            libc::socket(
                libc::AF_NETLINK,
                libc::SOCK_RAW | libc::SOCK_CLOEXEC,
                libc::NETLINK_ROUTE,
            )
        };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call above just made it and nobody else has it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// The network namespace of this socket. Unlike `/proc/self/ns/net` it needs no /proc.
    pub fn namespace(&self) -> io::Result<OwnedFd> {
        // SAFETY: SIOCGSKNS takes no argument and returns a new descriptor.
        let fd = unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SIOCGSKNS as _) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call above just made it and nobody else has it.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    /// The index of an interface in this socket's namespace.
    pub fn index_of(&self, name: &str) -> io::Result<u32> {
        // SAFETY: all zeroes is a valid `ifreq`.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        for (to, from) in request
            .ifr_name
            .iter_mut()
            .zip(name.bytes().take(libc::IFNAMSIZ - 1))
        {
            *to = from as libc::c_char;
        }
        // SAFETY: `request` outlives the call and ends with NUL.
        if unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SIOCGIFINDEX as _, &mut request) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: SIOCGIFINDEX filled this member of the union.
        Ok(unsafe { request.ifr_ifru.ifru_ifindex } as u32)
    }

    /// Sends a message and waits for the kernel's word on it.
    pub fn ask(&self, message: &mut Message) -> io::Result<()> {
        let length = message.0.len() as u32;
        message.0[..4].copy_from_slice(&length.to_ne_bytes());
        nix::sys::socket::send(
            self.0.as_raw_fd(),
            &message.0,
            nix::sys::socket::MsgFlags::empty(),
        )?;
        let mut answer = [0; 4096];
        let read = nix::sys::socket::recv(
            self.0.as_raw_fd(),
            &mut answer,
            nix::sys::socket::MsgFlags::empty(),
        )?;
        let kind = u16::from_ne_bytes([answer[4], answer[5]]);
        if read < 20 || i32::from(kind) != libc::NLMSG_ERROR {
            return Err(io::Error::other(
                "the kernel did not answer a netlink request",
            ));
        }
        match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
            0 => Ok(()),
            errno => Err(io::Error::from_raw_os_error(-errno)),
        }
    }
}
