//! `/proc/PID/net/tcp` and `tcp6`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// State LISTEN.
const LISTEN: &str = "0A";

/// The addresses in state LISTEN.
pub fn listening(text: &str) -> Vec<SocketAddr> {
    text.lines().skip(1).filter_map(line).collect()
}

/// As [`listening`], of one user.
pub fn listening_of(text: &str, uid: &str) -> Vec<SocketAddr> {
    let own = |line: &&str| line.split_ascii_whitespace().nth(7) == Some(uid);
    text.lines().skip(1).filter(own).filter_map(line).collect()
}

fn line(line: &str) -> Option<SocketAddr> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = fields.next()?;
    let state = fields.nth(1)?;
    (state == LISTEN).then(|| address(local)).flatten()
}

fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(SocketAddr::new(ip(host)?, port))
}

/// The kernel prints each 32-bit word in the machine's own order.
fn ip(text: &str) -> Option<IpAddr> {
    let words: Option<Vec<[u8; 4]>> = text
        .as_bytes()
        .chunks(8)
        .map(|word| {
            Some(
                u32::from_str_radix(std::str::from_utf8(word).ok()?, 16)
                    .ok()?
                    .to_ne_bytes(),
            )
        })
        .collect();
    match words?.as_slice() {
        [word] => Some(IpAddr::V4(Ipv4Addr::from(*word))),
        words @ [_, _, _, _] => {
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn only_listening_sockets_are_read() {
        let text = "  sl  local_address rem_address   st\n   \
            0: 0100007F:1F40 00000000:0000 0A 00000000:00000000\n   \
            1: 0100007F:1F40 0100007F:9999 01 00000000:00000000\n";
        assert_eq!(listening(text), ["127.0.0.1:8000".parse().unwrap()]);
        let owned = "h\n 0: 00000000:0016 00000000:0000 0A 0:0 00:0 0 0 0 1\n 1: 0100007F:1F40 00000000:0000 0A 0:0 00:0 0 1000 0 1\n";
        assert_eq!(
            listening_of(owned, "1000"),
            ["127.0.0.1:8000".parse().unwrap()]
        );
        let six = "h\n 0: 00000000000000000000000001000000:1F90 0:0 0A 0\n";
        assert_eq!(listening(six), ["[::1]:8080".parse().unwrap()]);
    }
}
