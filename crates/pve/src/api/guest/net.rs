//! The addresses a guest has.

use std::net::IpAddr;

use serde::Deserialize;

use super::{Guest, GuestKind, Pair};
use crate::call::Call;
use crate::error::Result;
use crate::{lenient, routes};

/// A network card as the guest sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name inside, as `eth0`.
    pub name: String,
    /// Its hardware address in upper case, when it is told.
    pub mac: Option<String>,
    /// Its addresses.
    pub addresses: Vec<Address>,
}

/// An address of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// The bits of its net, when they are told.
    pub bits: Option<u8>,
}

impl Address {
    /// Whether another machine can use it: neither of the loopback nor of the link alone.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        match self.ip {
            IpAddr::V4(ip) => {
                !ip.is_loopback()
                    && !ip.is_link_local()
                    && !ip.is_unspecified()
                    && !ip.is_multicast()
            }
            IpAddr::V6(ip) => {
                !ip.is_loopback()
                    && !ip.is_unicast_link_local()
                    && !ip.is_unspecified()
                    && !ip.is_multicast()
            }
        }
    }
}

#[derive(Deserialize)]
struct Row {
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    hwaddr: Option<String>,
    #[serde(
        rename = "hardware-address",
        default,
        deserialize_with = "lenient::text"
    )]
    hardware: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    inet: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    inet6: Option<String>,
    #[serde(rename = "ip-addresses", default, deserialize_with = "lenient::inner")]
    addresses: Vec<AddressRow>,
}

#[derive(Deserialize)]
struct AddressRow {
    #[serde(
        rename = "ip-address",
        default,
        deserialize_with = "lenient::maybe_name"
    )]
    ip: Option<IpAddr>,
    #[serde(default, deserialize_with = "lenient::whole")]
    prefix: Option<u64>,
}

/// The agent's answer has its rows under `result`.
#[derive(Deserialize)]
struct Wrapped {
    #[serde(default, deserialize_with = "lenient::inner")]
    result: Vec<Row>,
}

impl Guest {
    /// The cards and addresses it has now; empty while it is stopped, and until DHCP has answered. A VM is asked by its agent.
    ///
    /// # Errors
    /// As any request; for a VM also when it has no agent or the agent does not answer.
    pub async fn interfaces(&self) -> Result<Vec<Interface>> {
        let call = self.call(&Pair(&routes::LXC_INTERFACES, &routes::QEMU_INTERFACES));
        let rows = match self.kind {
            GuestKind::Lxc => self.client.usable(call).await?,
            GuestKind::Qemu => self
                .client
                .get::<Option<Wrapped>>(call)
                .await?
                .map(|wrapped| wrapped.result)
                .unwrap_or_default(),
        };
        Ok(rows.into_iter().map(Row::into_interface).collect())
    }

    /// Whether a VM's agent answers. A container has none.
    ///
    /// # Errors
    /// As any request; that it does not answer is `Ok(false)`.
    pub async fn agent_answers(&self) -> Result<bool> {
        if self.kind == GuestKind::Lxc {
            return Ok(false);
        }
        let call = Call::new(&routes::QEMU_AGENT_PING)
            .at(&self.node)
            .at(&self.vmid);
        match self.client.done(call).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_agent_away() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Row {
    fn into_interface(self) -> Interface {
        let mut addresses: Vec<Address> = self
            .addresses
            .iter()
            .filter_map(AddressRow::address)
            .collect();
        // Older nodes have only these two.
        let older = [self.inet, self.inet6]
            .into_iter()
            .flatten()
            .filter_map(|text| of_cidr(&text));
        for address in older {
            if !addresses.iter().any(|known| known.ip == address.ip) {
                addresses.push(address);
            }
        }
        let mac = self
            .hwaddr
            .or(self.hardware)
            .map(|mac| mac.to_ascii_uppercase());
        Interface {
            name: self.name,
            mac,
            addresses,
        }
    }
}

impl AddressRow {
    fn address(&self) -> Option<Address> {
        Some(Address {
            ip: self.ip?,
            bits: self.prefix.and_then(|bits| u8::try_from(bits).ok()),
        })
    }
}

fn of_cidr(text: &str) -> Option<Address> {
    let (ip, bits) = text
        .split_once('/')
        .map_or((text, None), |(ip, bits)| (ip, bits.parse().ok()));
    Some(Address {
        ip: ip.parse().ok()?,
        bits,
    })
}
