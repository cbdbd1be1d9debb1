//! The firewall of a guest. It does something only when the cluster's is on and the card has `firewall=1`.

use serde::Deserialize;

use super::guest::{Guest, Pair};
use crate::error::Result;
use crate::words::words;
use crate::{lenient, routes};

words! {
    /// What happens to a packet.
    Policy, "firewall action", {
        /// It goes through.
        Accept = "ACCEPT",
        /// It is refused with an answer.
        Reject = "REJECT",
        /// It is dropped silently.
        Drop = "DROP",
    }
}

words! {
    /// Which way a rule looks.
    RuleKind, "direction of a rule", {
        /// What comes in.
        In = "in",
        /// What goes out.
        Out = "out",
    }
}

/// The firewall's options of a guest.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct FirewallOptions {
    /// Whether it is on for this guest.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub enable: bool,
    /// What happens to what comes in and fits no rule; `DROP` when not told.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub policy_in: Option<Policy>,
    /// What happens to what goes out and fits no rule; `ACCEPT` when not told.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub policy_out: Option<Policy>,
    /// Whether DHCP passes; on when not told.
    #[serde(default, deserialize_with = "lenient::maybe_flag")]
    pub dhcp: Option<bool>,
    /// Whether IPv6 neighbours are found; on when not told.
    #[serde(default, deserialize_with = "lenient::maybe_flag")]
    pub ndp: Option<bool>,
    /// Whether only its own addresses may be used.
    #[serde(default, deserialize_with = "lenient::maybe_flag")]
    pub ipfilter: Option<bool>,
    /// Whether only its own hardware address may be used; on when not told.
    #[serde(default, deserialize_with = "lenient::maybe_flag")]
    pub macfilter: Option<bool>,
    /// The sum of the options.
    #[serde(default, deserialize_with = "lenient::text")]
    pub digest: Option<String>,
}

/// A rule as it is.
#[derive(Debug, Clone, Deserialize)]
pub struct RuleRow {
    /// Its place, 0 the first. It changes when rules are added or deleted.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub pos: Option<u64>,
    /// `in`, `out`, `group`.
    #[serde(rename = "type", default, deserialize_with = "lenient::text_or_empty")]
    pub kind: String,
    /// `ACCEPT`, `DROP`, `REJECT` or a group's name.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub action: String,
    /// Whether it holds.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub enable: bool,
    /// The protocol.
    #[serde(default, deserialize_with = "lenient::text")]
    pub proto: Option<String>,
    /// The port it goes to.
    #[serde(default, deserialize_with = "lenient::text")]
    pub dport: Option<String>,
    /// Where it comes from.
    #[serde(default, deserialize_with = "lenient::text")]
    pub source: Option<String>,
    /// What was written about it; ours bear our mark.
    #[serde(default, deserialize_with = "lenient::text")]
    pub comment: Option<String>,
    /// The sum of all rules.
    #[serde(default, deserialize_with = "lenient::text")]
    pub digest: Option<String>,
}

/// A rule that opens a TCP port to those that come in.
#[derive(Debug, Clone)]
pub struct PortRule {
    /// The port.
    pub port: u16,
    /// Who may come, as an address or a net; anybody when `None`.
    pub source: Option<Net>,
    /// What is written about it.
    pub comment: String,
}

/// An address or a net, as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    ip: std::net::IpAddr,
    bits: u8,
}

impl std::str::FromStr for Net {
    type Err = crate::names::BadName;

    fn from_str(text: &str) -> std::result::Result<Net, crate::names::BadName> {
        let bad = || crate::names::BadName::new("net", text, "ADDRESS or ADDRESS/BITS");
        let (ip, bits) = text
            .split_once('/')
            .map_or((text, None), |(ip, bits)| (ip, Some(bits)));
        let ip: std::net::IpAddr = ip.parse().map_err(|_| bad())?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| bad()))?;
        if bits <= most {
            Ok(Net { ip, bits })
        } else {
            Err(bad())
        }
    }
}

impl std::fmt::Display for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.ip, self.bits)
    }
}

impl Guest {
    /// The firewall's options.
    ///
    /// # Errors
    /// As any request.
    pub async fn firewall(&self) -> Result<FirewallOptions> {
        self.client
            .get(self.call(&Pair(&routes::LXC_FIREWALL, &routes::QEMU_FIREWALL)))
            .await
    }

    /// Sets the firewall's options; those that are `None` stay. Needs `VM.Config.Network`.
    ///
    /// # Errors
    /// As any request.
    pub async fn set_firewall(&self, options: &FirewallOptions) -> Result<()> {
        let call = self
            .call(&Pair(&routes::LXC_FIREWALL_PUT, &routes::QEMU_FIREWALL_PUT))
            .flag("enable", options.enable)
            .maybe("policy_in", options.policy_in)
            .maybe("policy_out", options.policy_out)
            .maybe_flag("dhcp", options.dhcp)
            .maybe_flag("ndp", options.ndp)
            .maybe_flag("ipfilter", options.ipfilter)
            .maybe_flag("macfilter", options.macfilter)
            .maybe("digest", options.digest.as_ref());
        self.client.done(call).await
    }

    /// The rules, the first first. A clone has its source's.
    ///
    /// # Errors
    /// As any request.
    pub async fn rules(&self) -> Result<Vec<RuleRow>> {
        self.client
            .rows(self.call(&Pair(&routes::LXC_RULES, &routes::QEMU_RULES)))
            .await
    }

    /// Opens a TCP port, in front of all other rules. Sent twice, it stands there twice.
    ///
    /// # Errors
    /// As any request.
    pub async fn open_port(&self, rule: &PortRule) -> Result<()> {
        let call = self
            .call(&Pair(&routes::LXC_RULE_ADD, &routes::QEMU_RULE_ADD))
            .set("type", RuleKind::In)
            .set("action", Policy::Accept)
            // A rule is off unless it is switched on.
            .flag("enable", true)
            .set("proto", "tcp")
            .set("dport", rule.port)
            .maybe("source", rule.source)
            .set("comment", crate::text::clean(&rule.comment, 200));
        self.client.done(call).await
    }

    /// Deletes the rule at a place. With the digest of the list it was seen in, no other can be hit.
    ///
    /// # Errors
    /// As any request.
    pub async fn delete_rule(&self, pos: u32, digest: Option<&str>) -> Result<()> {
        let call = self
            .call(&Pair(&routes::LXC_RULE_DELETE, &routes::QEMU_RULE_DELETE))
            .at(&pos);
        self.client.done(call.maybe("digest", digest)).await
    }
}
