//! Containers: creating and configuring.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::guest::{Guest, GuestKind};
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Kind, Result};
use crate::names::{
    BadName, ConfigKey, HostName, NodeName, PoolId, Tags, Upid, Vmid, Volid, place_of,
};
use crate::props::{Features, LxcNet, MountPoint, SshKeys, Startup};
use crate::route::{Param, any, keys, nine, one_of};
use crate::words::words;
use crate::{routes, text};

words! {
    /// What a console shows.
    CMode, "console mode", {
        /// A root shell without a login.
        Shell = "shell",
        /// `/dev/console`.
        Console = "console",
        /// A login.
        Tty = "tty",
    }
}

/// The options this client sets, on creation and later.
pub(crate) const LXC_OPTIONS: &[Param] = &[
    any("hostname"),
    any("cores"),
    any("cpulimit"),
    any("cpuunits"),
    any("memory"),
    any("swap"),
    keys("features", Features::KEYS),
    any("nameserver"),
    any("searchdomain"),
    any("timezone"),
    any("onboot"),
    any("startup"),
    any("tags"),
    any("description"),
    any("protection"),
    one_of("cmode", CMode::WORDS),
    keys("rootfs", MountPoint::ROOT_KEYS),
    keys("mp[n]", MountPoint::KEYS),
    keys("net[n]", LxcNet::KEYS),
    nine("env"),
];

/// The options of a container. What is `None` is not sent: the default on creation, unchanged later.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Its host name.
    pub hostname: Option<HostName>,
    /// Processors it sees.
    pub cores: Option<u32>,
    /// Processors' worth of time it may use, as `0.5`.
    pub cpulimit: Option<f64>,
    /// Its weight against others.
    pub cpuunits: Option<u32>,
    /// MiB of memory.
    pub memory: Option<u32>,
    /// MiB of swap.
    pub swap: Option<u32>,
    /// What it may do beyond the usual. Anything but nesting is for root@pam alone.
    pub features: Option<Features>,
    /// Its name servers; the node's when empty.
    pub nameservers: Vec<IpAddr>,
    /// The domain that host names are looked up in.
    pub searchdomain: Option<HostName>,
    /// `host` or `Area/City`.
    pub timezone: Option<Timezone>,
    /// Whether it is started with the node.
    pub onboot: Option<bool>,
    /// Its place among those started with the node.
    pub startup: Option<Startup>,
    /// Its tags. Not on creation with rights in a pool only: they are checked without the pool, so set them afterwards.
    pub tags: Option<Tags>,
    /// Its notes, at most 8192 characters.
    pub description: Option<String>,
    /// Whether it is protected from being destroyed.
    pub protection: Option<bool>,
    /// What its console shows.
    pub cmode: Option<CMode>,
    /// Its cards by their number.
    pub nets: BTreeMap<u8, LxcNet>,
    /// Its extra volumes by their number.
    pub mounts: BTreeMap<u8, MountPoint>,
    /// Version 9 only: environment of its first process.
    pub env: Option<Env>,
}

/// Environment variables of a container's first process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// These variables by their names.
    ///
    /// # Errors
    /// When a name is not of letters, digits and `_`, or a value has a control character other than a tab.
    pub fn new(variables: BTreeMap<String, String>) -> Result<Env, BadName> {
        let named = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let plain = |value: &str| !value.contains(|c: char| c.is_ascii_control() && c != '\t');
        match variables
            .iter()
            .find(|(name, value)| !named(name) || !plain(value))
        {
            // The value may be a secret.
            Some((name, _)) => Err(BadName::new(
                "variable",
                name,
                "letters, digits and `_`, and a value on one line",
            )),
            None => Ok(Env(variables)),
        }
    }
}

crate::names::name_type! {
    /// `host`, or a zone as `Europe/Vienna`.
    Timezone, "time zone", "`host` or `Area/City`", is_timezone
}

fn is_timezone(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.contains("..")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/_-+".contains(c))
}

/// A new container.
#[derive(Debug, Clone)]
pub struct Create {
    /// Its number. Taken before the answer: [`Error::is_taken`] when another was faster.
    pub vmid: Vmid,
    /// The template it is made from.
    pub ostemplate: Volid,
    /// Its root.
    pub rootfs: MountPoint,
    /// Whether its root is not the node's. Always sent: the default differs between 8 and 9.
    pub unprivileged: bool,
    /// Keys of its root; they can be set here only.
    pub ssh_keys: SshKeys,
    /// Its pool.
    pub pool: Option<PoolId>,
    /// Whether it is started by the same task.
    pub start: bool,
    /// Everything else.
    pub settings: Settings,
}

impl Create {
    /// An unprivileged container of this template with this root.
    #[must_use]
    pub fn new(vmid: Vmid, ostemplate: Volid, rootfs: MountPoint) -> Create {
        let settings = Settings::default();
        Create {
            vmid,
            ostemplate,
            rootfs,
            unprivileged: true,
            ssh_keys: SshKeys::default(),
            pool: None,
            start: false,
            settings,
        }
    }
}

/// A change of a container's options.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// What is set.
    pub settings: Settings,
    /// What is taken away.
    pub delete: Vec<ConfigKey>,
    /// The digest it must have, lest another change be lost: [`crate::Conflict::Changed`].
    pub digest: Option<String>,
}

impl Settings {
    fn put(&self, call: Call) -> Call {
        let call = call
            .maybe("hostname", self.hostname.as_ref())
            .maybe("cores", self.cores)
            .maybe("cpulimit", self.cpulimit)
            .maybe("cpuunits", self.cpuunits)
            .maybe("memory", self.memory)
            .maybe("swap", self.swap)
            .maybe("features", self.features.as_ref())
            .maybe("nameserver", addresses(&self.nameservers))
            .maybe("searchdomain", self.searchdomain.as_ref())
            .maybe("timezone", self.timezone.as_ref())
            .maybe_flag("onboot", self.onboot)
            .maybe("startup", self.startup)
            .maybe("tags", self.tags.as_ref())
            .maybe("description", self.description.as_ref())
            .maybe_flag("protection", self.protection)
            .maybe("cmode", self.cmode)
            .maybe("env", self.env.as_ref().map(Env::joined));
        let call = self
            .nets
            .iter()
            .fold(call, |call, (n, net)| call.set(&format!("net{n}"), net));
        self.mounts
            .iter()
            .fold(call, |call, (n, mount)| call.set(&format!("mp{n}"), mount))
    }
}

impl Env {
    fn joined(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("\0")
    }
}

/// Name servers, as `1.1.1.1 9.9.9.9`; none when there are none.
pub(crate) fn addresses(list: &[IpAddr]) -> Option<String> {
    let words: Vec<String> = list.iter().map(ToString::to_string).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Option names, as `net1,mp0`; none when there are none.
pub(crate) fn listed(keys: &[ConfigKey]) -> Option<String> {
    let words: Vec<&str> = keys.iter().map(ConfigKey::as_str).collect();
    (!words.is_empty()).then(|| words.join(","))
}

/// A request about a guest of the other kind is a mistake of this program.
pub(crate) fn must_be(guest: &Guest, kind: GuestKind) -> Result<()> {
    if guest.kind() == kind {
        Ok(())
    } else {
        Err(Error::new(Kind::BadParameters, text::other_kind(kind)).with_nothing_done(true))
    }
}

impl Client {
    /// Creates a container. When it fails, the node takes everything back by itself.
    ///
    /// # Errors
    /// As any request.
    pub async fn create_lxc(&self, node: &NodeName, create: &Create) -> Result<Upid> {
        let keys = (!create.ssh_keys.0.is_empty()).then(|| create.ssh_keys.lines());
        let call = Call::new(&routes::LXC_CREATE)
            .at(node)
            .set("vmid", create.vmid)
            .set("ostemplate", &create.ostemplate)
            .set("rootfs", &create.rootfs)
            .flag("unprivileged", create.unprivileged)
            .maybe("ssh-public-keys", keys)
            .maybe("pool", create.pool.as_ref());
        let call = create.settings.put(call);
        let call = call.wants(place_of(create.vmid, create.pool.as_ref()), "VM.Allocate");
        self.begin(if create.start {
            call.flag("start", true)
        } else {
            call
        })
        .await
    }
}

impl Guest {
    /// Changes a container's options. Some wait for the next start, see [`Guest::pending`].
    ///
    /// # Errors
    /// As any request, and when it is a VM.
    pub async fn set_lxc(&self, update: &Update) -> Result<()> {
        must_be(self, GuestKind::Lxc)?;
        let call = update.settings.put(
            Call::new(&routes::LXC_CONFIG_PUT)
                .at(&self.node)
                .at(&self.vmid),
        );
        self.client
            .done(
                call.maybe("delete", listed(&update.delete))
                    .maybe("digest", update.digest.as_ref()),
            )
            .await
    }
}
