//! The small ones: features, agent, boot order, start order.

use std::fmt;
use std::str::FromStr;

use super::list::{BadOption, OptionList, Writer};
use crate::lenient;
use crate::names::ConfigKey;
use crate::route::Key;

/// What a container may do beyond the usual. Anything but nesting is for root@pam alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// Namespaces inside, which a current systemd wants.
    pub nesting: bool,
    /// Others, as they were read.
    pub other: Vec<(String, String)>,
}

impl Features {
    pub(crate) const KEYS: &'static [Key] = &[("nesting", &[])];
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Writer::new(f);
        out.pair("nesting", u8::from(self.nesting))?;
        out.rest(&self.other)
    }
}

impl FromStr for Features {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Features, BadOption> {
        let mut list = OptionList::read(text)?;
        Ok(Features {
            nesting: list.flag("nesting").unwrap_or(false),
            other: list.rest(),
        })
    }
}

/// Whether a VM has a guest agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// Whether it is asked.
    pub enabled: bool,
    /// Other options, as they were read.
    pub other: Vec<(String, String)>,
}

impl Agent {
    pub(crate) const KEYS: &'static [Key] = &[("enabled", &[])];
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Writer::new(f);
        out.pair("enabled", u8::from(self.enabled))?;
        out.rest(&self.other)
    }
}

impl FromStr for Agent {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Agent, BadOption> {
        let mut list = OptionList::read(text)?;
        let enabled = list
            .first()
            .map(|word| lenient::word_is_true(&word))
            .or_else(|| list.flag("enabled"));
        Ok(Agent {
            enabled: enabled.unwrap_or(false),
            other: list.rest(),
        })
    }
}

/// The devices a VM boots from, the first first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootOrder(pub Vec<ConfigKey>);

impl fmt::Display for BootOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<&str> = self.0.iter().map(ConfigKey::as_str).collect();
        write!(f, "order={}", parts.join(";"))
    }
}

impl FromStr for BootOrder {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<BootOrder, BadOption> {
        let mut list = OptionList::read(text)?;
        let order = list
            .text("order")
            .ok_or_else(|| BadOption::new("order", "missing"))?;
        let parts = order.split(';').filter(|part| !part.is_empty());
        Ok(BootOrder(parts.map(str::parse).collect::<Result<_, _>>()?))
    }
}

/// When a guest is started after the node, and how long the next one waits. A VM's needs `Sys.Modify` on `/`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Startup {
    /// Its place in the order.
    pub order: Option<u32>,
    /// Seconds until the next one is started.
    pub up: Option<u32>,
    /// Seconds it has to shut down.
    pub down: Option<u32>,
}

impl fmt::Display for Startup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Writer::new(f);
        out.maybe("order", self.order)?;
        out.maybe("up", self.up)?;
        out.maybe("down", self.down)
    }
}

impl FromStr for Startup {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Startup, BadOption> {
        let mut list = OptionList::read(text)?;
        let bare = list
            .first()
            .map(|order| order.parse().map_err(|why| BadOption::new("order", why)))
            .transpose()?;
        Ok(Startup {
            order: list.value("order")?.or(bare),
            up: list.value("up")?,
            down: list.value("down")?,
        })
    }
}
