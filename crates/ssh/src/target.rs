//! Who is reached, and how.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::key::{ClientKey, HostKey};
use crate::text;

/// An IP address or a host name. Parsing takes nothing that could be an option, a path or a second host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// An address.
    Ip(IpAddr),
    /// A name: letters, digits, `-`, `_`, `.`; lower case; at most 253 bytes. Made by parsing.
    Name(String),
}

/// The text is neither an address nor a name.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", text::bad_host(.0))]
pub struct HostError(String);

impl FromStr for Host {
    type Err = HostError;

    fn from_str(s: &str) -> Result<Self, HostError> {
        if let Ok(ip) = s.parse() {
            return Ok(Self::Ip(ip));
        }
        if s.len() <= 253 && s.split('.').all(is_label) {
            return Ok(Self::Name(s.to_ascii_lowercase()));
        }
        Err(HostError(s.chars().take(80).collect()))
    }
}

fn is_label(label: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=63).contains(&label.len()) && !label.starts_with('-') && label.chars().all(plain)
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Whose host key is believed. Only ed25519 host keys are ever negotiated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Trust {
    /// This key and no other.
    Pinned(HostKey),
    /// Any of these (while a guest changes from the base's key to its own).
    AnyOf(Vec<HostKey>),
    /// Whatever it shows: the caller reads [`Session::host_key`](crate::Session::host_key) and decides. Whoever
    /// answers sees commands and data, so nothing secret may be sent.
    Learn,
}

impl Trust {
    pub(crate) fn believes(&self, key: &HostKey) -> bool {
        match self {
            Self::Pinned(one) => one == key,
            Self::AnyOf(keys) => keys.contains(key),
            Self::Learn => true,
        }
    }

    pub(crate) fn keys(&self) -> Vec<HostKey> {
        match self {
            Self::Pinned(key) => vec![key.clone()],
            Self::AnyOf(keys) => keys.clone(),
            Self::Learn => Vec::new(),
        }
    }
}

/// How long is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For each machine of the way: from the first packet until the key is accepted.
    pub connect: Duration,
    /// A peer that is silent for this long counts as dead; it is asked for a sign of life three times in it.
    pub dead: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            dead: Duration::from_secs(30),
        }
    }
}

/// A user on a machine, the way there, and whom to believe.
#[derive(Debug, Clone)]
pub struct Target {
    /// The machine; behind a jump host, as that one sees it.
    pub host: Host,
    /// Its SSH port.
    pub port: u16,
    /// The user there.
    pub user: String,
    /// The key that is shown.
    pub key: Arc<ClientKey>,
    /// The host key that is believed.
    pub trust: Trust,
    /// Reached through this one (`ProxyJump`), which may have a jump host itself; at most four in a row.
    pub jump: Option<Box<Target>>,
    /// How long is waited.
    pub timeouts: Timeouts,
}

impl Target {
    /// A target on port 22, reached directly, with the default timeouts.
    pub fn new(
        host: impl Into<Host>,
        user: impl Into<String>,
        key: Arc<ClientKey>,
        trust: Trust,
    ) -> Self {
        Self {
            host: host.into(),
            port: 22,
            user: user.into(),
            key,
            trust,
            jump: None,
            timeouts: Timeouts::default(),
        }
    }

    /// The same on another port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The same, through a jump host.
    #[must_use]
    pub fn through(mut self, jump: Target) -> Self {
        self.jump = Some(Box::new(jump));
        self
    }

    /// `user@host:port`, for messages.
    pub fn place(&self) -> String {
        match self.host {
            Host::Ip(IpAddr::V6(ip)) => format!("{}@[{ip}]:{}", self.user, self.port),
            _ => format!("{}@{}:{}", self.user, self.host, self.port),
        }
    }

    /// The machines of the way, the nearest first, this one last.
    pub(crate) fn hops(&self) -> Vec<&Target> {
        let mut hops: Vec<_> =
            std::iter::successors(Some(self), |hop| hop.jump.as_deref()).collect();
        hops.reverse();
        hops
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Option<Host> {
        text.parse().ok()
    }

    #[test]
    fn addresses_and_names_are_parsed() {
        assert_eq!(host("10.0.0.7"), Some(Host::Ip([10, 0, 0, 7].into())));
        assert!(matches!(host("fd00::1"), Some(Host::Ip(IpAddr::V6(_)))));
        assert_eq!(host("Pve1.lan"), Some(Host::Name("pve1.lan".to_owned())));
    }

    #[test]
    fn nothing_else_is() {
        let long = "a".repeat(64);
        for text in [
            "",
            "-oProxyCommand=x",
            "a b",
            "a..b",
            "a/b",
            "a\nb",
            "h:22",
            &long,
        ] {
            assert_eq!(host(text), None, "{text:?}");
        }
    }

    #[test]
    fn trust_says_whom_it_believes() {
        let [a, b] = [
            "AAAAC3NzaC1lZDI1NTE5AAAAIGUJGUFMPYgdYVdVyOuK0L1gZYXG0kOEAGLaYcU8Ykc5",
            "AAAAC3NzaC1lZDI1NTE5AAAAIJvF7eLhSnkPUKMnmiFbNNyTGTK1yEaDFWdyYv0lJl4u",
        ]
        .map(|body| format!("ssh-ed25519 {body}").parse::<HostKey>().unwrap());
        assert!(Trust::Pinned(a.clone()).believes(&a));
        assert!(!Trust::Pinned(a.clone()).believes(&b));
        assert!(Trust::AnyOf(vec![a.clone(), b.clone()]).believes(&b));
        assert!(!Trust::AnyOf(Vec::new()).believes(&a));
        assert!(Trust::Learn.believes(&a));
    }
}
