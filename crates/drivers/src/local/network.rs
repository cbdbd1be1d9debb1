//! The network of a guest as the launcher needs it: its own loopback always, a way out where it can be made.

use std::convert::Infallible;
use std::os::fd::OwnedFd;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use super::net::{Egress, GuestNet, Policy, guest_side};
use super::trouble::{On, Trouble};

/// Brings up `lo` in the network namespace of this process.
pub fn raise_loopback() -> Result<(), Trouble> {
    let what = "bring up the loopback";
    let socket = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .on(what)?;
    // SAFETY: an all-zero request is a legal one.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (at, byte) in request.ifr_name.iter_mut().zip(b"lo") {
        *at = byte.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: a live socket and a live request of the type that this call reads.
    let done = unsafe {
        libc::ioctl(
            std::os::fd::AsRawFd::as_raw_fd(&socket),
            libc::SIOCSIFFLAGS,
            &raw const request,
        )
    };
    nix::errno::Errno::result(done).map(drop).on(what)
}

/// Makes the interface that leads out and gives the descriptor that carries its packets; else why it cannot be.
pub fn inside() -> Result<OwnedFd, String> {
    guest_side(&GuestNet::default()).map_err(|error| error.to_string())
}

/// What `/etc/resolv.conf` says inside.
pub fn resolv_conf() -> String {
    GuestNet::default().resolv_conf()
}

/// Carries a guest's packets for as long as the guest lives; never ends, so that whoever waits for several things waits
/// for the others.
pub async fn outside(packets: Option<OwnedFd>) -> Infallible {
    if let Some(packets) = packets
        && let Ok(egress) = Egress::new(packets, Policy::default())
    {
        // Its end is the end of the guest's network, which is reported by other ways.
        let _ = egress.run().await;
    }
    std::future::pending().await
}
