//! The name of a task.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{BadName, NodeName, Vmid};
use crate::lenient;

/// The name of a task: `UPID:node:pid:pstart:starttime:type:id:user:`. It tells the node that runs it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Upid {
    text: String,
    node: NodeName,
    started: u64,
    kind: String,
    id: String,
    user: String,
}

impl Upid {
    /// The node that runs it.
    #[must_use]
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// When it was started, in seconds since 1970, by the node's clock.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.started
    }

    /// The worker's type, as `vzcreate` or `qmclone`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it works on: a guest's number, or a name, or nothing.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The guest it works on, when it is one.
    #[must_use]
    pub fn vmid(&self) -> Option<Vmid> {
        self.id.parse().ok()
    }

    /// Who started it; with a token `user@realm!name`.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Upid {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Upid, BadName> {
        let text = text.trim();
        parse(text).ok_or_else(|| {
            BadName::new(
                "task name",
                text,
                "`UPID:node:pid:pstart:starttime:type:id:user:`",
            )
        })
    }
}

/// The process's start time has nine digits after a long uptime; the rest is as PVE::Tools checks it.
fn parse(text: &str) -> Option<Upid> {
    let fields: Vec<&str> = text.split(':').collect();
    let [head, node, pid, pstart, starttime, kind, id, user, ""] = fields[..] else {
        return None;
    };
    let plain = |part: &str| {
        part.chars()
            .all(|c| c.is_ascii_graphic() && c != '/' || c == ' ')
    };
    let sound = head == "UPID"
        && is_hex(pid, 8..=8)
        && is_hex(pstart, 8..=9)
        && is_hex(starttime, 8..=8)
        && !kind.is_empty()
        && !user.is_empty()
        && kind
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && plain(user)
        && id.chars().all(|c| !c.is_control() && !c.is_whitespace())
        && text.len() <= 512;
    sound.then_some(())?;
    Some(Upid {
        node: node.parse().ok()?,
        started: u64::from_str_radix(starttime, 16).ok()?,
        kind: kind.to_owned(),
        id: id.to_owned(),
        user: user.to_owned(),
        text: text.to_owned(),
    })
}

fn is_hex(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl fmt::Display for Upid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Upid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Upid {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Upid, D::Error> {
        lenient::name(input)
    }
}
