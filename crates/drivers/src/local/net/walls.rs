//! The walls: which addresses a guest may reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::time::{Duration, Instant};

use super::policy::Policy;

/// How long the list of the host's own addresses is trusted: an interface may get one at any time.
const TRUSTED_FOR: Duration = Duration::from_secs(2);

/// What the walls say to one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Refused.
    Denied,
    /// Allowed; connect here.
    Allowed(SocketAddr),
    /// Allowed by an exception, wherever it leads.
    Excepted(SocketAddr),
    /// A question for names: to be forwarded to a resolver of the host.
    Names,
}

/// Decides over every destination of one guest.
pub struct Walls {
    policy: Policy,
    own: Vec<IpAddr>,
    read_at: Option<Instant>,
}

impl Walls {
    /// Walls after a policy.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            own: Vec::new(),
            read_at: None,
        }
    }

    /// What is to be done with packets for this destination.
    pub fn verdict(&mut self, to: SocketAddrV4) -> Verdict {
        if let Some(exception) = self
            .policy
            .allow
            .iter()
            .find(|exception| exception.guest == to)
        {
            return Verdict::Excepted(exception.host);
        }
        if *to.ip() == self.policy.net.dns && to.port() == 53 {
            return Verdict::Names;
        }
        if self.is_denied((*to.ip()).into()) {
            Verdict::Denied
        } else {
            Verdict::Allowed(to.into())
        }
    }

    /// True for an address that no guest may reach, in whatever form it is written.
    pub fn is_denied(&mut self, address: IpAddr) -> bool {
        let forms = [Some(address), embedded_ipv4(address).map(IpAddr::V4)];
        self.refresh();
        let policy = &self.policy;
        let own = &self.own;
        forms.into_iter().flatten().any(|form| {
            is_special(form)
                || policy.net.range().contains(form)
                || policy.denied.iter().any(|net| net.contains(form))
                || own.contains(&form)
        })
    }

    /// Reads the host's own addresses again when the last reading is old.
    fn refresh(&mut self) {
        if self.read_at.is_some_and(|at| at.elapsed() < TRUSTED_FOR) {
            return;
        }
        match own_addresses() {
            Ok(own) => {
                self.own = own;
                self.read_at = Some(Instant::now());
            }
            // The old list stays; after a connection is made, its own ends are compared as well.
            Err(error) => tracing::warn!(%error, "the addresses of this machine cannot be read"),
        }
    }
}

/// Never a destination: this machine, this link, many machines at once, or nobody.
fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.octets()[0] == 0
                || v4.octets()[0] >= 240
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unicast_link_local()
        }
    }
}

/// The IPv4 address inside an IPv6 one: mapped, compatible, NAT64, 6to4.
fn embedded_ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let s = v6.segments();
    let pair = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
            if v6 != Ipv6Addr::LOCALHOST && v6 != Ipv6Addr::UNSPECIFIED =>
        {
            Some(pair(high, low))
        }
        [0x2002, high, low, ..] => Some(pair(high, low)),
        _ => None,
    }
}

/// Every address of every interface of this machine, and their directed broadcasts.
fn own_addresses() -> nix::Result<Vec<IpAddr>> {
    let mut own = Vec::new();
    for interface in nix::ifaddrs::getifaddrs()? {
        for storage in [interface.address, interface.broadcast]
            .into_iter()
            .flatten()
        {
            own.extend(storage.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip())));
            own.extend(storage.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())));
        }
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::net::{Exception, GuestNet};
    use rstest::rstest;

    fn walls() -> Walls {
        Walls::new(Policy {
            denied: vec!["192.168.7.0/24".parse().unwrap()],
            allow: vec![Exception {
                guest: "198.19.255.1:99".parse().unwrap(),
                host: "127.0.0.1:99".parse().unwrap(),
            }],
            ..Policy::default()
        })
    }

    #[rstest]
    #[case("127.0.0.1", true)]
    #[case("127.8.8.8", true)]
    #[case("0.0.0.0", true)]
    #[case("0.1.2.3", true)]
    #[case("169.254.169.254", true)]
    #[case("224.0.0.1", true)]
    #[case("255.255.255.255", true)]
    #[case("240.0.0.1", true)]
    #[case("198.19.255.7", true)]
    #[case("192.168.7.9", true)]
    #[case("192.168.8.9", false)]
    #[case("198.19.254.7", false)]
    #[case("1.1.1.1", false)]
    #[case("::1", true)]
    #[case("::", true)]
    #[case("fe80::1", true)]
    #[case("ff02::1", true)]
    #[case("::ffff:127.0.0.1", true)]
    #[case("::127.0.0.1", true)]
    #[case("64:ff9b::7f00:1", true)]
    #[case("2002:7f00:1::", true)]
    #[case("::ffff:1.1.1.1", false)]
    #[case("2606:4700::1111", false)]
    fn addresses(#[case] address: &str, #[case] denied: bool) {
        assert_eq!(
            walls().is_denied(address.parse().unwrap()),
            denied,
            "{address}"
        );
    }

    #[test]
    fn every_address_of_this_machine_is_denied() {
        let own = own_addresses().unwrap();
        assert!(!own.is_empty());
        let mut walls = walls();
        assert!(own.into_iter().all(|address| walls.is_denied(address)));
    }

    #[test]
    fn names_and_exceptions_pass_by_address_and_port() {
        let mut walls = walls();
        let dns = GuestNet::default().dns;
        assert_eq!(walls.verdict(SocketAddrV4::new(dns, 53)), Verdict::Names);
        assert_eq!(walls.verdict(SocketAddrV4::new(dns, 80)), Verdict::Denied);
        let hole = "198.19.255.1:99".parse().unwrap();
        assert_eq!(
            walls.verdict(hole),
            Verdict::Excepted("127.0.0.1:99".parse().unwrap())
        );
        assert_eq!(
            walls.verdict("198.19.255.1:98".parse().unwrap()),
            Verdict::Denied
        );
    }
}
