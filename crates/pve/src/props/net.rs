//! Network cards: `net0` of a container and of a VM.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::list::{BadOption, OptionList, Writer};
use super::{Ip4, Ip6};
use crate::names::{BadName, Bridge};
use crate::route::Key;
use crate::words::words;

/// The hardware address of a card, in upper case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mac(String);

impl Mac {
    /// As `BC:24:11:00:00:01`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Mac {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Mac, BadName> {
        let parts: Vec<&str> = text.split(':').collect();
        let sound = parts.len() == 6
            && parts
                .iter()
                .all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit()));
        if sound {
            Ok(Mac(text.to_ascii_uppercase()))
        } else {
            Err(BadName::new(
                "hardware address",
                text,
                "six bytes in hex with colons between",
            ))
        }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A container's card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LxcNet {
    /// Its name inside, as `eth0`.
    pub name: Bridge,
    /// The bridge or vnet it is on.
    pub bridge: Option<Bridge>,
    /// Its hardware address; made by the cluster when not given.
    pub hwaddr: Option<Mac>,
    /// The IPv4 address.
    pub ip: Option<Ip4>,
    /// The IPv4 gateway.
    pub gw: Option<Ipv4Addr>,
    /// The IPv6 address.
    pub ip6: Option<Ip6>,
    /// The IPv6 gateway.
    pub gw6: Option<Ipv6Addr>,
    /// The VLAN, 1 to 4094.
    pub tag: Option<u16>,
    /// Whether the firewall's rules hold for it.
    pub firewall: Option<bool>,
    /// The largest packet.
    pub mtu: Option<u16>,
    /// Options this type does not know, as they were read.
    pub other: Vec<(String, String)>,
}

impl LxcNet {
    pub(crate) const KEYS: &'static [Key] = &[
        ("name", &[]),
        ("bridge", &[]),
        ("hwaddr", &[]),
        ("ip", &[]),
        ("gw", &[]),
        ("ip6", &[]),
        ("gw6", &[]),
        ("tag", &[]),
        ("firewall", &[]),
        ("mtu", &[]),
        ("type", &["veth"]),
    ];

    /// A card of this name on a bridge, with nothing else set.
    #[must_use]
    pub fn new(name: Bridge, bridge: Bridge) -> LxcNet {
        LxcNet {
            name,
            bridge: Some(bridge),
            hwaddr: None,
            ip: None,
            gw: None,
            ip6: None,
            gw6: None,
            tag: None,
            firewall: None,
            mtu: None,
            other: Vec::new(),
        }
    }
}

impl fmt::Display for LxcNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Writer::new(f);
        out.pair("name", &self.name)?;
        out.maybe("bridge", self.bridge.as_ref())?;
        out.flag("firewall", self.firewall)?;
        out.maybe("gw", self.gw)?;
        out.maybe("gw6", self.gw6)?;
        out.maybe("hwaddr", self.hwaddr.as_ref())?;
        out.maybe("ip", self.ip)?;
        out.maybe("ip6", self.ip6)?;
        out.maybe("mtu", self.mtu)?;
        out.maybe("tag", self.tag)?;
        out.pair("type", "veth")?;
        out.rest(&self.other)
    }
}

impl FromStr for LxcNet {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<LxcNet, BadOption> {
        let mut list = OptionList::read(text)?;
        list.text("type");
        Ok(LxcNet {
            name: list
                .value("name")?
                .ok_or_else(|| BadOption::new("name", "missing"))?,
            bridge: list.value("bridge")?,
            hwaddr: list.value("hwaddr")?,
            ip: list.value("ip")?,
            gw: list.value("gw")?,
            ip6: list.value("ip6")?,
            gw6: list.value("gw6")?,
            tag: list.value("tag")?,
            firewall: list.flag("firewall"),
            mtu: list.value("mtu")?,
            other: list.rest(),
        })
    }
}

words! {
    /// What a VM's card looks like to the guest.
    NetModel, "network card", {
        /// The fast one.
        Virtio = "virtio",
        /// Intel.
        E1000 = "e1000",
        /// Intel.
        E1000E = "e1000e",
        /// Intel.
        E100082540em = "e1000-82540em",
        /// Intel.
        E100082544gc = "e1000-82544gc",
        /// Intel.
        E100082545em = "e1000-82545em",
        /// Intel.
        I82551 = "i82551",
        /// Intel.
        I82557b = "i82557b",
        /// Intel.
        I82559er = "i82559er",
        /// Novell.
        Ne2kIsa = "ne2k_isa",
        /// Novell.
        Ne2kPci = "ne2k_pci",
        /// AMD.
        Pcnet = "pcnet",
        /// Realtek.
        Rtl8139 = "rtl8139",
        /// VMware.
        Vmxnet3 = "vmxnet3",
    }
}

/// A VM's card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QemuNet {
    /// What it looks like.
    pub model: NetModel,
    /// Its hardware address; made by the cluster when not given.
    pub mac: Option<Mac>,
    /// The bridge or vnet it is on.
    pub bridge: Option<Bridge>,
    /// The VLAN, 1 to 4094.
    pub tag: Option<u16>,
    /// Whether the firewall's rules hold for it.
    pub firewall: Option<bool>,
    /// The largest packet; 1 takes the bridge's.
    pub mtu: Option<u16>,
    /// Options this type does not know, as they were read.
    pub other: Vec<(String, String)>,
}

impl QemuNet {
    pub(crate) const KEYS: &'static [Key] = &[
        ("model", NetModel::WORDS),
        ("macaddr", &[]),
        ("bridge", &[]),
        ("tag", &[]),
        ("firewall", &[]),
        ("mtu", &[]),
    ];

    /// A virtio card on a bridge, with nothing else set.
    #[must_use]
    pub fn new(bridge: Bridge) -> QemuNet {
        QemuNet {
            model: NetModel::Virtio,
            mac: None,
            bridge: Some(bridge),
            tag: None,
            firewall: None,
            mtu: None,
            other: Vec::new(),
        }
    }
}

impl fmt::Display for QemuNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Writer::new(f);
        match &self.mac {
            Some(mac) => out.pair(self.model.as_str(), mac)?,
            None => out.bare(self.model)?,
        }
        out.maybe("bridge", self.bridge.as_ref())?;
        out.flag("firewall", self.firewall)?;
        out.maybe("mtu", self.mtu)?;
        out.maybe("tag", self.tag)?;
        out.rest(&self.other)
    }
}

impl FromStr for QemuNet {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<QemuNet, BadOption> {
        let mut list = OptionList::read(text)?;
        let (model, mac) = model(&mut list)?;
        Ok(QemuNet {
            model,
            mac: mac.or(list.value("macaddr")?),
            bridge: list.value("bridge")?,
            tag: list.value("tag")?,
            firewall: list.flag("firewall"),
            mtu: list.value("mtu")?,
            other: list.rest(),
        })
    }
}

/// `virtio`, `virtio=MAC` or `model=virtio`.
fn model(list: &mut OptionList) -> Result<(NetModel, Option<Mac>), BadOption> {
    if let Some(first) = list.first() {
        return Ok((first.parse()?, None));
    }
    if let Some(model) = list.value("model")? {
        return Ok((model, None));
    }
    for word in NetModel::WORDS {
        if let Some(mac) = list.value(word)? {
            return Ok((word.parse()?, Some(mac)));
        }
    }
    Err(BadOption::new("model", "missing"))
}
