//! What a guest's network looks like and where it may go.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::dns::Resolvers;

/// The addresses inside every guest. All guests have the same ones; none is seen outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestNet {
    /// The guest's own address.
    pub address: Ipv4Addr,
    /// Length of its network's prefix, 8 to 30.
    pub prefix: u8,
    /// Its default route.
    pub gateway: Ipv4Addr,
    /// Its name server.
    pub dns: Ipv4Addr,
    /// Largest packet in bytes. Far above Ethernet's, since no wire is involved and each packet costs a wake-up.
    pub mtu: u16,
}

impl Default for GuestNet {
    /// From the range for benchmarks (RFC 2544), which no real network uses, so that nothing real is shadowed.
    fn default() -> Self {
        Self {
            address: Ipv4Addr::new(198, 19, 255, 2),
            prefix: 24,
            gateway: Ipv4Addr::new(198, 19, 255, 1),
            dns: Ipv4Addr::new(198, 19, 255, 3),
            mtu: 16_000,
        }
    }
}

impl GuestNet {
    /// The guest's `/etc/resolv.conf`.
    pub fn resolv_conf(&self) -> String {
        // No `search`: what the host's own network appends would be asked for every name of an app.
        format!("nameserver {}\noptions timeout:3 attempts:3\n", self.dns)
    }

    /// The whole network.
    pub fn range(&self) -> Net {
        Net {
            address: self.address.into(),
            prefix: self.prefix,
        }
    }
}

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Net {
    address: IpAddr,
    prefix: u8,
}

/// Text that is not a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a network; write it like 10.0.0.0/8")]
pub struct BadNet(pub String);

impl Net {
    /// True when the address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        fn same(a: u128, b: u128, width: u8, prefix: u8) -> bool {
            prefix == 0 || (a ^ b) >> (width - prefix.min(width)) == 0
        }
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(address)) => same(
                u32::from(net).into(),
                u32::from(address).into(),
                32,
                self.prefix,
            ),
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                same(net.into(), address.into(), 128, self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for Net {
    type Err = BadNet;

    fn from_str(text: &str) -> Result<Self, BadNet> {
        let bad = || BadNet(text.to_owned());
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(width), |prefix| prefix.parse().map_err(|_| bad()))?;
        if prefix > width {
            Err(bad())
        } else {
            Ok(Self { address, prefix })
        }
    }
}

impl TryFrom<String> for Net {
    type Error = BadNet;

    fn try_from(text: String) -> Result<Self, BadNet> {
        text.parse()
    }
}

impl From<Net> for String {
    fn from(net: Net) -> String {
        format!("{}/{}", net.address, net.prefix)
    }
}

/// A hole in the walls: what the guest sees as `guest` is `host`, whatever the walls say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Address and port as the guest writes them; may lie in the guest's own range.
    pub guest: SocketAddrV4,
    /// Where it leads.
    pub host: SocketAddr,
}

/// Where one guest may go and how much of the host it may take for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// The addresses inside.
    pub net: GuestNet,
    /// Ranges refused besides those that always are.
    pub denied: Vec<Net>,
    /// Holes; empty but in tests.
    pub allow: Vec<Exception>,
    /// Who answers the guest's questions for names.
    pub resolvers: Resolvers,
    /// TCP connections at a time, those being made included. Each may take up to 128 KiB here.
    pub max_connections: usize,
    /// UDP flows at a time; the one idle for longest makes room.
    pub max_flows: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            net: GuestNet::default(),
            denied: Vec::new(),
            allow: Vec::new(),
            resolvers: Resolvers::default(),
            max_connections: 256,
            max_flows: 256,
        }
    }
}
