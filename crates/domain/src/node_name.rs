//! Names of the machines of a cluster.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a machine of a cluster: a DNS label of 1 to 63 characters, as Proxmox VE's `pve-node` format has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeName(String);

/// Text that is not a node's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of a node: letters, digits and hyphens, at most 63, none at either end"
)]
pub struct BadNodeName(pub String);

impl NodeName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeName {
    type Err = BadNodeName;

    fn from_str(text: &str) -> Result<Self, BadNodeName> {
        let fits = (1..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadNodeName(text.to_owned()))
        }
    }
}

impl TryFrom<String> for NodeName {
    type Error = BadNodeName;

    fn try_from(text: String) -> Result<Self, BadNodeName> {
        text.parse()
    }
}

impl From<NodeName> for String {
    fn from(name: NodeName) -> String {
        name.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which machine of a cluster a deploy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeWish {
    /// Whichever has room: `*`.
    Any,
    /// This one.
    On(NodeName),
}

impl NodeWish {
    /// The machine that is asked for.
    pub fn node(&self) -> Option<&NodeName> {
        match self {
            Self::Any => None,
            Self::On(node) => Some(node),
        }
    }
}

impl FromStr for NodeWish {
    type Err = BadNodeName;

    /// `*`, which is no name of a node, or a name.
    fn from_str(text: &str) -> Result<Self, BadNodeName> {
        match text {
            "*" => Ok(Self::Any),
            name => name.parse().map(Self::On),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_are_names() {
        for good in ["pve", "pve-1", "N2"] {
            assert_eq!(good.parse::<NodeName>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "a.b", "a/b", "é", &"a".repeat(64)] {
            assert!(bad.parse::<NodeName>().is_err(), "{bad}");
            assert!(bad.parse::<NodeWish>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_star_is_any_node() {
        assert_eq!("*".parse::<NodeWish>().unwrap(), NodeWish::Any);
        assert_eq!(
            "pve".parse::<NodeWish>().unwrap().node().unwrap().as_str(),
            "pve"
        );
    }
}
