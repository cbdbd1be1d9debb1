//! A base of VMs: from a cloud image, by cloud-init.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use domain::ports::DriverError;
use pve::{
    Agent, BootOrder, Disk, DiskSize, DiskSource, Error, Guest, GuestKind, Resize, Vmid, qemu,
};
use ssh::HostKey;

use super::answer::MAKER_MEMORY;
use super::make::mark;
use super::template::Template;
use crate::proxmox::inside::{Exit, Inside};
use crate::proxmox::labels;
use crate::proxmox::notebook::BaseNote;
use crate::proxmox::params::{self, Fixed};
use crate::proxmox::patience::{patiently, task};
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// The user that cloud-init makes; it lets root in, and is not used again.
pub const USER: &str = "havre";
/// Tells the cluster the addresses of a VM.
pub const AGENT: &str = "qemu-guest-agent";

const CORES: u32 = 2;
const SHORT: Duration = Duration::from_secs(60);
/// A clone is another machine to cloud-init: it would remove the host key that a clone must show first.
const CLOUD: &[u8] =
    b"# Written by Havre.\nssh_deletekeys: false\nssh_genkeytypes: []\ndisable_root: false\n";

/// Makes the machine from the image, at the size of a base.
pub async fn create(
    site: &Site,
    note: &BaseNote,
    template: &Template,
    fixed: Fixed,
) -> Result<(), Error> {
    let details = &note.details;
    let mut create = qemu::Create::new(Vmid::new(note.vmid)?);
    create.pool = site.settings().pool.clone();
    create.settings = settings(site, note, template, fixed)?;
    let _turn = site.client.storage_turn(&details.storage).await?;
    task(site, || site.client.create_qemu(&details.node, &create)).await?;
    let machine = site
        .client
        .guest(GuestKind::Qemu, &details.node, Vmid::new(note.vmid)?);
    let size = Resize::To(DiskSize::bytes(site.limits().vm_base));
    let disk = "scsi0".parse()?;
    task(site, || machine.resize(&disk, size)).await
}

fn settings(
    site: &Site,
    note: &BaseNote,
    template: &Template,
    fixed: Fixed,
) -> Result<qemu::Settings, Error> {
    let network = &site.settings().network;
    let storage = &note.details.storage;
    let mut disk = Disk::import(storage.clone(), template.volume.clone());
    disk.discard = Some(true);
    disk.iothread = Some(true);
    Ok(qemu::Settings {
        name: labels::base_host_name(&note.details.name, &note.details.nonce),
        cores: Some(CORES),
        memory: Some(MAKER_MEMORY),
        ostype: Some(qemu::OsType::L26),
        scsihw: Some(qemu::ScsiHw::VirtioScsiSingle),
        vga: Some(qemu::Vga::Serial0),
        serial0: true,
        agent: Some(Agent {
            enabled: true,
            ..Agent::default()
        }),
        boot: Some(BootOrder(vec!["scsi0".parse()?])),
        scsi: BTreeMap::from([(0, disk)]),
        ide: BTreeMap::from([(2, Disk::new(DiskSource::CloudInit(storage.clone())))]),
        nets: BTreeMap::from([(0, params::qemu_net(network))]),
        ipconfig: BTreeMap::from([(0, params::ip_config(network, fixed))]),
        ciuser: Some(USER.parse()?),
        sshkeys: Some(site.public_keys()?),
        ciupgrade: Some(false),
        nameservers: params::name_servers(network),
        onboot: Some(false),
        description: Some(mark(note).description()),
        ..qemu::Settings::default()
    })
}

/// Tags, which come after the creation.
pub async fn tag(site: &Site, machine: &Guest) -> Result<(), Error> {
    let settings = qemu::Settings {
        tags: Some(labels::base_tags()),
        ..qemu::Settings::default()
    };
    let update = qemu::Update {
        settings,
        ..qemu::Update::default()
    };
    patiently(site, || machine.set_qemu(&update)).await
}

/// Puts our key where root's is looked for: cloud images let in their own user only.
pub async fn let_root_in(site: &Site, address: IpAddr, shown: &HostKey) -> Result<(), DriverError> {
    let shell = site.doors.shell_as(USER, address, shown);
    let keys = format!("/home/{USER}/.ssh/authorized_keys");
    let argv = [
        "sudo",
        "-n",
        "install",
        "-D",
        "-m",
        "600",
        "-o",
        "root",
        "-g",
        "root",
        &keys,
        "/root/.ssh/authorized_keys",
    ];
    let said = shell.run(&argv, &[], SHORT).await?;
    match said.exit {
        Exit::Code(0) => Ok(()),
        _ => Err(DriverError::other(text::LET_ROOT_IN, said.stderr)),
    }
}

/// Keeps cloud-init from removing host keys in clones.
pub async fn settle_cloud_init(inside: &Inside) -> Result<(), DriverError> {
    inside
        .write_file("/etc/cloud/cloud.cfg.d/99-havre.cfg", 0o644, CLOUD)
        .await
}
