//! Addresses of a guest's network card.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::list::{BadOption, OptionList, Writer};

/// How a card gets its IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ip4 {
    /// From a DHCP server.
    Dhcp,
    /// The guest sees to it.
    Manual,
    /// A fixed address and the bits of its net.
    Fixed(Ipv4Addr, u8),
}

/// How a card gets its IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ip6 {
    /// From a DHCP server.
    Dhcp,
    /// From router advertisements.
    Auto,
    /// The guest sees to it.
    Manual,
    /// A fixed address and the bits of its net.
    Fixed(Ipv6Addr, u8),
}

impl fmt::Display for Ip4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ip4::Dhcp => f.write_str("dhcp"),
            Ip4::Manual => f.write_str("manual"),
            Ip4::Fixed(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

impl fmt::Display for Ip6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ip6::Dhcp => f.write_str("dhcp"),
            Ip6::Auto => f.write_str("auto"),
            Ip6::Manual => f.write_str("manual"),
            Ip6::Fixed(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

impl FromStr for Ip4 {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Ip4, BadOption> {
        match text {
            "dhcp" => Ok(Ip4::Dhcp),
            "manual" => Ok(Ip4::Manual),
            _ => cidr(text, 32)
                .map(|(address, bits)| Ip4::Fixed(address, bits))
                .ok_or_else(|| BadOption::new("ip", "not `dhcp`, `manual` or ADDRESS/BITS")),
        }
    }
}

impl FromStr for Ip6 {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Ip6, BadOption> {
        match text {
            "dhcp" => Ok(Ip6::Dhcp),
            "auto" => Ok(Ip6::Auto),
            "manual" => Ok(Ip6::Manual),
            _ => cidr(text, 128)
                .map(|(address, bits)| Ip6::Fixed(address, bits))
                .ok_or_else(|| {
                    BadOption::new("ip6", "not `dhcp`, `auto`, `manual` or ADDRESS/BITS")
                }),
        }
    }
}

fn cidr<A: FromStr>(text: &str, most: u8) -> Option<(A, u8)> {
    let (address, bits) = text.split_once('/')?;
    let bits = bits.parse().ok().filter(|bits| (1..=most).contains(bits))?;
    Some((address.parse().ok()?, bits))
}

/// The addresses that cloud-init gives a VM's card: `ipconfig0`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IpConfig {
    /// The IPv4 address; `Manual` cannot be said here.
    pub ip: Option<Ip4>,
    /// The IPv4 gateway, with a fixed address only.
    pub gw: Option<Ipv4Addr>,
    /// The IPv6 address.
    pub ip6: Option<Ip6>,
    /// The IPv6 gateway, with a fixed address only.
    pub gw6: Option<Ipv6Addr>,
}

impl fmt::Display for IpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Writer::new(f);
        out.maybe("ip", self.ip)?;
        out.maybe("gw", self.gw)?;
        out.maybe("ip6", self.ip6)?;
        out.maybe("gw6", self.gw6)
    }
}

impl FromStr for IpConfig {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<IpConfig, BadOption> {
        let mut list = OptionList::read(text)?;
        Ok(IpConfig {
            ip: list.value("ip")?,
            gw: list.value("gw")?,
            ip6: list.value("ip6")?,
            gw6: list.value("gw6")?,
        })
    }
}
