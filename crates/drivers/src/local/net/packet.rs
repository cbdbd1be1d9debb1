//! Packets by hand: what a guest sent, and answers to UDP.

use std::net::SocketAddrV4;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    Icmpv4DstUnreachable, Icmpv4Packet, Icmpv4Repr, IpProtocol, Ipv4Packet, Ipv4Repr, TcpPacket,
    UdpPacket, UdpRepr,
};

const HOPS: u8 = 64;

/// What one packet of a guest is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen<'a> {
    /// The first packet of a TCP connection.
    Syn {
        from: SocketAddrV4,
        to: SocketAddrV4,
    },
    /// Any other packet of TCP.
    Tcp {
        from: SocketAddrV4,
        to: SocketAddrV4,
        reset: bool,
    },
    /// A datagram.
    Udp {
        from: SocketAddrV4,
        to: SocketAddrV4,
        payload: &'a [u8],
    },
    /// Something that is not forwarded: ICMP, fragments, other protocols, forged senders, nonsense.
    Other,
}

/// Looks at an IPv4 packet.
pub(super) fn look(bytes: &[u8]) -> Seen<'_> {
    look_checked(bytes).unwrap_or(Seen::Other)
}

fn look_checked(bytes: &[u8]) -> Option<Seen<'_>> {
    let ip = Ipv4Packet::new_checked(bytes).ok()?;
    if ip.version() != 4 || ip.more_frags() || ip.frag_offset() != 0 {
        return None;
    }
    let ends = |from, to| {
        (
            SocketAddrV4::new(ip.src_addr(), from),
            SocketAddrV4::new(ip.dst_addr(), to),
        )
    };
    match ip.next_header() {
        IpProtocol::Tcp => {
            let tcp = TcpPacket::new_checked(ip.payload()).ok()?;
            let (from, to) = ends(tcp.src_port(), tcp.dst_port());
            let syn = tcp.syn() && !tcp.ack() && !tcp.rst();
            Some(if syn {
                Seen::Syn { from, to }
            } else {
                Seen::Tcp {
                    from,
                    to,
                    reset: tcp.rst(),
                }
            })
        }
        IpProtocol::Udp => {
            let udp = UdpPacket::new_checked(ip.payload()).ok()?;
            let (from, to) = ends(udp.src_port(), udp.dst_port());
            Some(Seen::Udp {
                from,
                to,
                payload: udp.payload(),
            })
        }
        _ => None,
    }
}

/// Writes a datagram into `packet`.
pub(super) fn datagram(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8], packet: &mut Vec<u8>) {
    let udp = UdpRepr {
        src_port: from.port(),
        dst_port: to.port(),
    };
    let ip = header(from, to, IpProtocol::Udp, udp.header_len() + payload.len());
    let checks = ChecksumCapabilities::default();
    packet.clear();
    packet.resize(ip.buffer_len() + ip.payload_len, 0);
    ip.emit(&mut Ipv4Packet::new_unchecked(&mut packet[..]), &checks);
    let mut udp_packet = UdpPacket::new_unchecked(&mut packet[ip.buffer_len()..]);
    let fill = |to: &mut [u8]| to.copy_from_slice(payload);
    udp.emit(
        &mut udp_packet,
        &ip.src_addr.into(),
        &ip.dst_addr.into(),
        payload.len(),
        fill,
        &checks,
    );
}

/// Writes "nobody there" into `packet`, the answer to a datagram `from` a guest `to` somewhere.
pub(super) fn unreachable(from: SocketAddrV4, to: SocketAddrV4, packet: &mut Vec<u8>) {
    // The guest's kernel finds the socket by these eight bytes.
    let mut udp = [0; 8];
    udp[..2].copy_from_slice(&from.port().to_be_bytes());
    udp[2..4].copy_from_slice(&to.port().to_be_bytes());
    udp[5] = 8;
    let icmp = Icmpv4Repr::DstUnreachable {
        reason: Icmpv4DstUnreachable::PortUnreachable,
        header: header(from, to, IpProtocol::Udp, udp.len()),
        data: &udp,
    };
    let ip = header(to, from, IpProtocol::Icmp, icmp.buffer_len());
    let checks = ChecksumCapabilities::default();
    packet.clear();
    packet.resize(ip.buffer_len() + ip.payload_len, 0);
    ip.emit(&mut Ipv4Packet::new_unchecked(&mut packet[..]), &checks);
    icmp.emit(
        &mut Icmpv4Packet::new_unchecked(&mut packet[ip.buffer_len()..]),
        &checks,
    );
}

fn header(
    from: SocketAddrV4,
    to: SocketAddrV4,
    next_header: IpProtocol,
    payload_len: usize,
) -> Ipv4Repr {
    Ipv4Repr {
        src_addr: *from.ip(),
        dst_addr: *to.ip(),
        next_header,
        payload_len,
        hop_limit: HOPS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_datagram_is_seen_as_it_was_written(payload in proptest::collection::vec(any::<u8>(), 0..200), a in 1u16.., b in 1u16..) {
            let (from, to) = (SocketAddrV4::new([1, 2, 3, 4].into(), a), SocketAddrV4::new([5, 6, 7, 8].into(), b));
            let mut packet = Vec::new();
            datagram(from, to, &payload, &mut packet);
            prop_assert_eq!(look(&packet), Seen::Udp { from, to, payload: &payload });
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), version in 0u8..16) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() { *first = version << 4 | 5; }
            let _ = look(&bytes);
        }
    }
}
