//! Who answers questions for names.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// How long a reading of the host's file is used: it changes when a laptop changes its network.
const USED_FOR: Duration = Duration::from_secs(5);

/// More are not asked, as in every libc.
const MAX: usize = 3;

/// Where a guest's questions for names go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolvers {
    /// The resolvers of the host's `/etc/resolv.conf`, a stub on its loopback included.
    #[default]
    OfHost,
    /// These.
    Fixed(Vec<SocketAddr>),
}

/// The resolvers, and which of them answered last.
pub(super) struct Names {
    resolvers: Resolvers,
    known: Vec<SocketAddr>,
    read_at: Option<Instant>,
    turn: usize,
}

impl Names {
    pub fn new(resolvers: Resolvers) -> Self {
        Self {
            resolvers,
            known: Vec::new(),
            read_at: None,
            turn: 0,
        }
    }

    /// The resolver to ask now.
    pub fn current(&mut self) -> SocketAddr {
        if self.read_at.is_none_or(|at| at.elapsed() > USED_FOR) {
            self.known = match &self.resolvers {
                Resolvers::Fixed(fixed) => fixed.clone(),
                // A small local file, read every few seconds at most.
                Resolvers::OfHost => {
                    parse(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
                }
            };
            self.read_at = Some(Instant::now());
        }
        let fallback = SocketAddr::from((Ipv4Addr::LOCALHOST, 53));
        self.known
            .get(self.turn % self.known.len().max(1))
            .copied()
            .unwrap_or(fallback)
    }

    /// This one did not answer: the next one's turn, unless somebody moved on from it already.
    pub fn failed(&mut self, resolver: SocketAddr) {
        if self.current() == resolver {
            self.turn = (self.turn + 1) % self.known.len().max(1);
        }
    }
}

fn parse(text: &str) -> Vec<SocketAddr> {
    let servers = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let address = words
            .next()
            .filter(|word| *word == "nameserver")
            .and(words.next())?;
        address
            .parse::<IpAddr>()
            .ok()
            .map(|address| SocketAddr::new(address, 53))
    });
    servers.take(MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_file_is_read_like_a_libc_does() {
        let text = "# x\nsearch a b\nnameserver 10.0.0.1\n nameserver\t::1 \nnameserver fe80::1%eth0\nnameserver 1\noptions x\n";
        let expected: Vec<SocketAddr> =
            vec!["10.0.0.1:53".parse().unwrap(), "[::1]:53".parse().unwrap()];
        assert_eq!(parse(text), expected);
    }

    #[test]
    fn a_resolver_that_fails_gives_way_once() {
        let (a, b): (SocketAddr, SocketAddr) = (
            "10.0.0.1:53".parse().unwrap(),
            "10.0.0.2:53".parse().unwrap(),
        );
        let mut names = Names::new(Resolvers::Fixed(vec![a, b]));
        assert_eq!(names.current(), a);
        names.failed(a);
        names.failed(a);
        assert_eq!(names.current(), b);
        names.failed(b);
        assert_eq!(names.current(), a);
    }
}
