//! Disks: `rootfs` and `mp0` of a container, `scsi0` and `ide2` of a VM.

use std::fmt;
use std::str::FromStr;

use super::DiskSize;
use super::list::{BadOption, OptionList, Writer};
use crate::names::{StorageId, Volid};
use crate::route::Key;

/// What a disk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiskSource {
    /// A new one of so many GiB; 0 takes the size of what is imported, or makes a subvolume without a quota.
    New {
        /// Where.
        storage: StorageId,
        /// How large.
        gib: u32,
    },
    /// One that is there.
    Volume(Volid),
    /// A new drive for cloud-init.
    CloudInit(StorageId),
    /// An empty drive.
    Empty,
}

impl fmt::Display for DiskSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskSource::New { storage, gib } => write!(f, "{storage}:{gib}"),
            DiskSource::Volume(volid) => volid.fmt(f),
            DiskSource::CloudInit(storage) => write!(f, "{storage}:cloudinit"),
            DiskSource::Empty => f.write_str("none"),
        }
    }
}

impl FromStr for DiskSource {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<DiskSource, BadOption> {
        match text.split_once(':') {
            None if text == "none" => Ok(DiskSource::Empty),
            Some((storage, "cloudinit")) => Ok(DiskSource::CloudInit(storage.parse()?)),
            Some((storage, gib)) if gib.bytes().all(|b| b.is_ascii_digit()) && !gib.is_empty() => {
                let gib = gib.parse().map_err(|why| BadOption::new("size", why))?;
                Ok(DiskSource::New {
                    storage: storage.parse()?,
                    gib,
                })
            }
            _ => Ok(DiskSource::Volume(text.parse()?)),
        }
    }
}

/// A container's root or an extra volume of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPoint {
    /// The volume.
    pub volume: DiskSource,
    /// Where it is mounted; not told for the root.
    pub path: Option<String>,
    /// Its size, as the cluster shows it; `0T` is a subvolume without a quota.
    pub size: Option<DiskSize>,
    /// Options this type does not know, as they were read.
    pub other: Vec<(String, String)>,
}

impl MountPoint {
    /// What is written for the root.
    pub(crate) const ROOT_KEYS: &'static [Key] = &[("volume", &[]), ("size", &[])];
    /// What is written for the others.
    pub(crate) const KEYS: &'static [Key] = &[("volume", &[]), ("size", &[]), ("mp", &[])];

    /// A new root of so many GiB.
    #[must_use]
    pub fn root(storage: StorageId, gib: u32) -> MountPoint {
        MountPoint {
            volume: DiskSource::New { storage, gib },
            path: None,
            size: None,
            other: Vec::new(),
        }
    }
}

impl fmt::Display for MountPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Writer::new(f);
        out.bare(&self.volume)?;
        out.maybe("mp", self.path.as_ref())?;
        out.rest(&self.other)?;
        out.maybe("size", self.size)
    }
}

impl FromStr for MountPoint {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<MountPoint, BadOption> {
        let mut list = OptionList::read(text)?;
        let volume = list
            .first()
            .or_else(|| list.text("volume"))
            .ok_or_else(|| BadOption::new("volume", "missing"))?;
        Ok(MountPoint {
            volume: volume.parse()?,
            path: list.text("mp"),
            size: list.value("size")?,
            other: list.rest(),
        })
    }
}

const DISCARD: &[&str] = &["on", "ignore"];
const MEDIA: &[&str] = &["cdrom"];

/// A VM's disk or drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The volume.
    pub source: DiskSource,
    /// The image that is copied onto a new one.
    pub import_from: Option<Volid>,
    /// Whether freed blocks are given back to the storage.
    pub discard: Option<bool>,
    /// Whether it has a thread of its own.
    pub iothread: Option<bool>,
    /// Whether it shows itself as solid.
    pub ssd: Option<bool>,
    /// Whether it is a CD drive.
    pub cdrom: bool,
    /// Its size, as the cluster shows it.
    pub size: Option<DiskSize>,
    /// Options this type does not know, as they were read.
    pub other: Vec<(String, String)>,
}

impl Disk {
    pub(crate) const KEYS: &'static [Key] = &[
        ("file", &[]),
        ("import-from", &[]),
        ("discard", DISCARD),
        ("iothread", &[]),
        ("ssd", &[]),
        ("media", MEDIA),
        ("size", &[]),
    ];
    /// An IDE drive has no thread of its own.
    pub(crate) const IDE_KEYS: &'static [Key] = &[
        ("file", &[]),
        ("import-from", &[]),
        ("discard", DISCARD),
        ("ssd", &[]),
        ("media", MEDIA),
        ("size", &[]),
    ];

    /// A disk of this kind with nothing else set.
    #[must_use]
    pub fn new(source: DiskSource) -> Disk {
        Disk {
            source,
            import_from: None,
            discard: None,
            iothread: None,
            ssd: None,
            cdrom: false,
            size: None,
            other: Vec::new(),
        }
    }

    /// A copy of an image, on a storage.
    #[must_use]
    pub fn import(storage: StorageId, image: Volid) -> Disk {
        Disk {
            import_from: Some(image),
            ..Disk::new(DiskSource::New { storage, gib: 0 })
        }
    }
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Writer::new(f);
        out.bare(&self.source)?;
        out.maybe("import-from", self.import_from.as_ref())?;
        out.maybe(
            "discard",
            self.discard
                .map(|discard| if discard { "on" } else { "ignore" }),
        )?;
        out.flag("iothread", self.iothread)?;
        out.maybe("media", self.cdrom.then_some("cdrom"))?;
        out.flag("ssd", self.ssd)?;
        out.rest(&self.other)?;
        out.maybe("size", self.size)
    }
}

impl FromStr for Disk {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Disk, BadOption> {
        let mut list = OptionList::read(text)?;
        let file = list
            .first()
            .or_else(|| list.text("file"))
            .ok_or_else(|| BadOption::new("file", "missing"))?;
        Ok(Disk {
            source: file.parse()?,
            import_from: list.value("import-from")?,
            discard: list.text("discard").map(|word| word == "on"),
            iothread: list.flag("iothread"),
            ssd: list.flag("ssd"),
            cdrom: list.text("media").is_some_and(|media| media == "cdrom"),
            size: list.value("size")?,
            other: list.rest(),
        })
    }
}
