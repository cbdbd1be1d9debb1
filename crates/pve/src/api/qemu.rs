//! VMs: creating and configuring.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::config::PendingRow;
use super::guest::{Guest, GuestKind};
use super::lxc::{addresses, listed, must_be};
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::names::{ConfigKey, HostName, NodeName, PoolId, Tags, Upid, Vmid, name_type, place_of};
use crate::props::{Agent, BootOrder, Disk, IpConfig, QemuNet, SshKeys, Startup};
use crate::route::{Param, any, keys, one_of};
use crate::routes;
use crate::words::words;

words! {
    /// The format of a disk.
    DiskFormat, "format of a disk", {
        /// Plain bytes.
        Raw = "raw",
        /// With snapshots of its own.
        Qcow2 = "qcow2",
        /// VMware's.
        Vmdk = "vmdk",
    }
}

words! {
    /// What runs inside.
    OsType, "operating system", {
        /// A current Linux.
        L26 = "l26",
        /// Something else.
        Other = "other",
    }
}

words! {
    /// The controller of its SCSI disks.
    ScsiHw, "SCSI controller", {
        /// One controller for all.
        VirtioScsiPci = "virtio-scsi-pci",
        /// One for each, which a thread of its own needs.
        VirtioScsiSingle = "virtio-scsi-single",
    }
}

words! {
    /// Its firmware.
    Bios, "firmware", {
        /// The old one.
        Seabios = "seabios",
        /// UEFI; it needs an EFI disk.
        Ovmf = "ovmf",
    }
}

words! {
    /// What its screen is.
    Vga, "display", {
        /// A serial console, which cloud images write to.
        Serial0 = "serial0",
        /// A plain screen.
        Std = "std",
        /// A virtio screen.
        Virtio = "virtio",
        /// None.
        None = "none",
    }
}

name_type! {
    /// The user that cloud-init makes.
    CiUser, "user name", "a small letter or `_`, then small letters, digits, `-` or `_`, at most 32", is_user
}
name_type! {
    /// The processor a VM sees, as `host` or `x86-64-v2-AES`.
    CpuModel, "processor", "letters, digits, `-`, `_` and `.`, at most 64", is_cpu
}

fn is_user(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
}

fn is_cpu(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

/// The options this client sets, on creation and later.
pub(crate) const QEMU_OPTIONS: &[Param] = &[
    any("name"),
    any("cores"),
    any("sockets"),
    any("cpu"),
    any("cpulimit"),
    any("memory"),
    any("balloon"),
    one_of("ostype", OsType::WORDS),
    one_of("scsihw", ScsiHw::WORDS),
    one_of("bios", Bios::WORDS),
    one_of("vga", Vga::WORDS),
    one_of("serial[n]", &["socket"]),
    keys("agent", Agent::KEYS),
    any("boot"),
    keys("scsi[n]", Disk::KEYS),
    keys("ide[n]", Disk::IDE_KEYS),
    keys("net[n]", QemuNet::KEYS),
    any("ipconfig[n]"),
    any("ciuser"),
    any("sshkeys"),
    any("ciupgrade"),
    any("nameserver"),
    any("searchdomain"),
    any("onboot"),
    any("startup"),
    any("tags"),
    any("description"),
    any("protection"),
];

/// The options of a VM. What is `None` is not sent: the default on creation, unchanged later.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Its name.
    pub name: Option<HostName>,
    /// Processors of one socket.
    pub cores: Option<u32>,
    /// Sockets.
    pub sockets: Option<u32>,
    /// The processor it sees.
    pub cpu: Option<CpuModel>,
    /// Processors' worth of time it may use, as `0.5`.
    pub cpulimit: Option<f64>,
    /// MiB of memory.
    pub memory: Option<u32>,
    /// MiB of memory that it is squeezed to at most; 0 never.
    pub balloon: Option<u32>,
    /// What runs inside.
    pub ostype: Option<OsType>,
    /// The controller of its SCSI disks.
    pub scsihw: Option<ScsiHw>,
    /// Its firmware.
    pub bios: Option<Bios>,
    /// What its screen is.
    pub vga: Option<Vga>,
    /// Whether it has a first serial port, as a socket.
    pub serial0: bool,
    /// Whether its agent is asked.
    pub agent: Option<Agent>,
    /// What it boots from.
    pub boot: Option<BootOrder>,
    /// Its SCSI disks by their number.
    pub scsi: BTreeMap<u8, Disk>,
    /// Its IDE drives by their number; `ide2` is cloud-init's place.
    pub ide: BTreeMap<u8, Disk>,
    /// Its cards by their number.
    pub nets: BTreeMap<u8, QemuNet>,
    /// The addresses that cloud-init gives its cards.
    pub ipconfig: BTreeMap<u8, IpConfig>,
    /// The user that cloud-init makes.
    pub ciuser: Option<CiUser>,
    /// The keys of that user.
    pub sshkeys: Option<SshKeys>,
    /// Whether cloud-init upgrades its packages at the first start.
    pub ciupgrade: Option<bool>,
    /// Its name servers; the node's when empty.
    pub nameservers: Vec<IpAddr>,
    /// The domain that host names are looked up in.
    pub searchdomain: Option<HostName>,
    /// Whether it is started with the node.
    pub onboot: Option<bool>,
    /// Its place among those started with the node. Needs `Sys.Modify` on `/`.
    pub startup: Option<Startup>,
    /// Its tags.
    pub tags: Option<Tags>,
    /// Its notes, at most 8192 characters.
    pub description: Option<String>,
    /// Whether it is protected from being destroyed.
    pub protection: Option<bool>,
}

/// A new VM.
#[derive(Debug, Clone)]
pub struct Create {
    /// Its number. Taken before the answer: [`crate::Error::is_taken`] when another was faster.
    pub vmid: Vmid,
    /// Its pool.
    pub pool: Option<PoolId>,
    /// Whether it is started by the same task.
    pub start: bool,
    /// Everything else.
    pub settings: Settings,
}

impl Create {
    /// A VM of this number with nothing set.
    #[must_use]
    pub fn new(vmid: Vmid) -> Create {
        Create {
            vmid,
            pool: None,
            start: false,
            settings: Settings::default(),
        }
    }
}

/// A change of a VM's options.
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
            .maybe("name", self.name.as_ref())
            .maybe("cores", self.cores)
            .maybe("sockets", self.sockets)
            .maybe("cpu", self.cpu.as_ref())
            .maybe("cpulimit", self.cpulimit)
            .maybe("memory", self.memory)
            .maybe("balloon", self.balloon)
            .maybe("ostype", self.ostype)
            .maybe("scsihw", self.scsihw)
            .maybe("bios", self.bios)
            .maybe("vga", self.vga)
            .maybe("serial0", self.serial0.then_some("socket"))
            .maybe("agent", self.agent.as_ref())
            .maybe("boot", self.boot.as_ref());
        self.put_devices(self.put_cloud_init(call))
            .maybe_flag("onboot", self.onboot)
            .maybe("startup", self.startup)
            .maybe("tags", self.tags.as_ref())
            .maybe("description", self.description.as_ref())
            .maybe_flag("protection", self.protection)
    }

    fn put_cloud_init(&self, call: Call) -> Call {
        call.maybe("ciuser", self.ciuser.as_ref())
            .maybe("sshkeys", self.sshkeys.as_ref().map(SshKeys::encoded))
            .maybe_flag("ciupgrade", self.ciupgrade)
            .maybe("nameserver", addresses(&self.nameservers))
            .maybe("searchdomain", self.searchdomain.as_ref())
    }

    fn put_devices(&self, call: Call) -> Call {
        let call = self
            .scsi
            .iter()
            .fold(call, |call, (n, disk)| call.set(&format!("scsi{n}"), disk));
        let call = self
            .ide
            .iter()
            .fold(call, |call, (n, disk)| call.set(&format!("ide{n}"), disk));
        let call = self
            .nets
            .iter()
            .fold(call, |call, (n, net)| call.set(&format!("net{n}"), net));
        self.ipconfig
            .iter()
            .fold(call, |call, (n, ip)| call.set(&format!("ipconfig{n}"), ip))
    }
}

impl Client {
    /// Creates a VM. When it fails, the node takes everything back by itself.
    ///
    /// # Errors
    /// As any request.
    pub async fn create_qemu(&self, node: &NodeName, create: &Create) -> Result<Upid> {
        let call = Call::new(&routes::QEMU_CREATE)
            .at(node)
            .set("vmid", create.vmid)
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
    /// Changes a VM's options at once, where that goes fast. A new disk is better made by [`Guest::set_qemu_task`].
    ///
    /// # Errors
    /// As any request, and when it is a container.
    pub async fn set_qemu(&self, update: &Update) -> Result<()> {
        must_be(self, GuestKind::Qemu)?;
        self.client
            .done(
                update.put(
                    Call::new(&routes::QEMU_CONFIG_PUT)
                        .at(&self.node)
                        .at(&self.vmid),
                ),
            )
            .await
    }

    /// Changes a VM's options in a task; `None` when it was done at once.
    ///
    /// # Errors
    /// As any request, and when it is a container.
    pub async fn set_qemu_task(&self, update: &Update) -> Result<Option<Upid>> {
        must_be(self, GuestKind::Qemu)?;
        self.client
            .begin_maybe(
                update.put(
                    Call::new(&routes::QEMU_CONFIG_POST)
                        .at(&self.node)
                        .at(&self.vmid),
                ),
            )
            .await
    }

    /// What of cloud-init's options is not on the drive yet.
    ///
    /// # Errors
    /// As any request, and when it is a container.
    pub async fn cloudinit_pending(&self) -> Result<Vec<PendingRow>> {
        must_be(self, GuestKind::Qemu)?;
        self.client
            .rows(
                Call::new(&routes::QEMU_CLOUDINIT_PENDING)
                    .at(&self.node)
                    .at(&self.vmid),
            )
            .await
    }

    /// Writes cloud-init's drive anew.
    ///
    /// # Errors
    /// As any request, and when it is a container.
    pub async fn write_cloudinit(&self) -> Result<()> {
        must_be(self, GuestKind::Qemu)?;
        self.client
            .done(
                Call::new(&routes::QEMU_CLOUDINIT)
                    .at(&self.node)
                    .at(&self.vmid),
            )
            .await
    }
}

impl Update {
    fn put(&self, call: Call) -> Call {
        self.settings
            .put(call)
            .maybe("delete", listed(&self.delete))
            .maybe("digest", self.digest.as_ref())
    }
}
