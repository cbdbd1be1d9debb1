//! What is bound into a guest, opened while the first process is still the user that made the guest: an app's own user
//! must not need the right to walk through the host's folders.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use super::super::trouble::{On, Trouble};
use super::super::wire::{AppFolder, Bind, Launch};

/// An opened file or folder of the host. Opened in the new mount namespace: mounts of another cannot be bound.
pub struct Source {
    fd: OwnedFd,
    is_folder: bool,
}

impl Source {
    fn open(path: &Path) -> Result<Self, Trouble> {
        let fd = open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
            .on(format!("open {}", path.display()))?;
        Ok(Self {
            fd,
            is_folder: path.is_dir(),
        })
    }

    /// A path that leads to it whoever asks, as long as the host's `/proc` is there.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd()))
    }

    /// True for a folder.
    pub fn is_folder(&self) -> bool {
        self.is_folder
    }
}

/// The app's folder, opened.
pub enum AppSource {
    /// Lower, upper and work folder of an overlay.
    Overlay([Source; 3]),
    /// A plain folder.
    Plain(Source),
}

/// Everything that is bound.
pub struct Sources {
    /// The app's folder.
    pub app: AppSource,
    /// Everything else, in the order in which it is mounted.
    pub binds: Vec<(Source, Bind)>,
}

impl Sources {
    /// Opens all of it.
    pub fn open(launch: &Launch) -> Result<Self, Trouble> {
        let app = match &launch.app {
            AppFolder::Plain(folder) => AppSource::Plain(Source::open(folder)?),
            AppFolder::Overlay { lower, upper, work } => AppSource::Overlay([
                Source::open(lower)?,
                Source::open(upper)?,
                Source::open(work)?,
            ]),
        };
        let mut binds: Vec<_> = launch
            .binds
            .iter()
            .map(|bind| Ok((Source::open(&bind.from)?, bind.clone())))
            .collect::<Result<_, Trouble>>()?;
        binds.sort_by(|(_, a), (_, b)| a.to.cmp(&b.to));
        Ok(Self { app, binds })
    }
}
