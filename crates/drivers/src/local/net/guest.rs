//! The guest's side: what is made inside its network namespace.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::sched::{CloneFlags, setns, unshare};

use super::netlink::{Message, Netlink, ifinfo};
use super::policy::GuestNet;

/// Hardware addresses of the two ends; locally administered, seen by nobody else.
pub(super) const GUEST_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];
pub(super) const GATE_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];

const GUEST_END: &str = "eth0";
const GATE_END: &str = "gate";
const VETH_INFO_PEER: u16 = 1;
const IFLA_GSO_MAX_SEGS: u16 = 40;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const IN6_ADDR_GEN_MODE_NONE: u8 = 1;
const UP: u32 = libc::IFF_UP as u32;
const NOARP: u32 = libc::IFF_NOARP as u32;

/// Brings up `lo` and `eth0` in the current network namespace and returns the packet socket on the far end of `eth0`.
/// The caller is single-threaded and has CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_RAW over this namespace. The network
/// namespace of the caller is changed for a moment and is the same again on return, whatever the result.
pub fn guest_side(net: &GuestNet) -> io::Result<OwnedFd> {
    let inside = Netlink::open()?;
    let inside_namespace = inside.namespace()?;
    set_flags(&inside, inside.index_of("lo")?, UP)?;
    unshare(CloneFlags::CLONE_NEWNET)?;
    let socket = far_end(&inside, net);
    setns(&inside_namespace, CloneFlags::CLONE_NEWNET)?;
    let socket = socket?;
    let index = inside.index_of(GUEST_END)?;
    without_ipv6(&inside, index);
    set_flags(&inside, index, UP | NOARP)?;
    add_address(&inside, index, net)?;
    add_default_route(&inside, index, net)?;
    Ok(socket)
}

/// Makes the pair; called in the namespace that gets its far end.
fn far_end(inside: &Netlink, net: &GuestNet) -> io::Result<OwnedFd> {
    let gate = Netlink::open()?;
    make_pair(inside, &gate.namespace()?, net.mtu)?;
    let index = gate.index_of(GATE_END)?;
    without_ipv6(&gate, index);
    set_flags(&gate, index, UP | NOARP)?;
    packet_socket(index)
}

fn make_pair(inside: &Netlink, gate_namespace: &OwnedFd, mtu: u16) -> io::Result<()> {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    let mut message = Message::new(libc::RTM_NEWLINK, flags, &ifinfo(0, 0, 0));
    describe_end(&mut message, GUEST_END, GUEST_MAC, mtu);
    let info = message.open(libc::IFLA_LINKINFO);
    message.put_text(libc::IFLA_INFO_KIND, "veth");
    let data = message.open(libc::IFLA_INFO_DATA);
    let peer = message.open(VETH_INFO_PEER);
    message.raw(&ifinfo(0, 0, 0));
    describe_end(&mut message, GATE_END, GATE_MAC, mtu);
    message.put(
        libc::IFLA_NET_NS_FD,
        &gate_namespace.as_raw_fd().to_ne_bytes(),
    );
    message.close(peer).close(data).close(info);
    inside.ask(&mut message)
}

fn describe_end(message: &mut Message, name: &str, mac: [u8; 6], mtu: u16) {
    message.put_text(libc::IFLA_IFNAME, name);
    message.put(libc::IFLA_ADDRESS, &mac);
    message.put(libc::IFLA_MTU, &u32::from(mtu).to_ne_bytes());
    // One segment per packet: the kernel then cuts what an app hands over in one piece (UDP_SEGMENT, TSO) itself, and
    // what comes out of the socket are the packets of the wire.
    message.put(IFLA_GSO_MAX_SEGS, &1u32.to_ne_bytes());
}

/// Keeps IPv6 quiet: an address that leads nowhere would only make apps try it first. A kernel without IPv6 refuses.
fn without_ipv6(netlink: &Netlink, index: u32) {
    let mut message = Message::new(libc::RTM_NEWLINK, 0, &ifinfo(index, 0, 0));
    let families = message.open(libc::IFLA_AF_SPEC);
    let family = message.open(libc::AF_INET6 as u16);
    message.put(IFLA_INET6_ADDR_GEN_MODE, &[IN6_ADDR_GEN_MODE_NONE]);
    message.close(family).close(families);
    let _only_noisier = netlink.ask(&mut message);
}

fn set_flags(netlink: &Netlink, index: u32, flags: u32) -> io::Result<()> {
    netlink.ask(&mut Message::new(
        libc::RTM_NEWLINK,
        0,
        &ifinfo(index, flags, flags),
    ))
}

fn add_address(netlink: &Netlink, index: u32, net: &GuestNet) -> io::Result<()> {
    // struct ifaddrmsg
    let mut fixed = [libc::AF_INET as u8, net.prefix, 0, 0, 0, 0, 0, 0];
    fixed[4..].copy_from_slice(&index.to_ne_bytes());
    let mut message = Message::new(
        libc::RTM_NEWADDR,
        libc::NLM_F_CREATE | libc::NLM_F_EXCL,
        &fixed,
    );
    message.put(libc::IFA_LOCAL, &net.address.octets());
    message.put(libc::IFA_ADDRESS, &net.address.octets());
    netlink.ask(&mut message)
}

fn add_default_route(netlink: &Netlink, index: u32, net: &GuestNet) -> io::Result<()> {
    // struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags
    let fixed = [
        libc::AF_INET as u8,
        0,
        0,
        0,
        libc::RT_TABLE_MAIN,
        libc::RTPROT_BOOT,
        libc::RT_SCOPE_UNIVERSE,
        libc::RTN_UNICAST,
        0,
        0,
        0,
        0,
    ];
    let mut message = Message::new(
        libc::RTM_NEWROUTE,
        libc::NLM_F_CREATE | libc::NLM_F_EXCL,
        &fixed,
    );
    message.put(libc::RTA_GATEWAY, &net.gateway.octets());
    message.put(libc::RTA_OIF, &index.to_ne_bytes());
    netlink.ask(&mut message)
}

/// A raw socket that sees the IPv4 frames coming out of the guest and nothing else. It keeps its namespace alive.
fn packet_socket(index: u32) -> io::Result<OwnedFd> {
    let ipv4 = (libc::ETH_P_IP as u16).to_be();
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: a plain system call; the descriptor is owned at once. Protocol 0: nothing arrives before it is bound.
    let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call above just made it and nobody else has it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: all zeroes is a valid `sockaddr_ll`.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = ipv4;
    address.sll_ifindex = index as i32;
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: `address` is a whole `sockaddr_ll` and outlives the call.
    if unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) } < 0 {
        return Err(io::Error::last_os_error());
    }
    bypass_queue(&socket)?;
    Ok(socket)
}

/// Sends past the queue of the interface. It is attached up to a second after the interface came up, when the kernel gets
/// round to it, and swallows everything until then: the first answer to every guest.
fn bypass_queue(socket: &OwnedFd) -> io::Result<()> {
    let on: libc::c_int = 1;
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `on` is an int and outlives the call.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_QDISC_BYPASS,
            (&raw const on).cast(),
            length,
        )
    };
    if done < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
