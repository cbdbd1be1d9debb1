//! Unix sockets at paths of any length: the kernel's address holds 107 bytes, so a longer path is reached through a
//! descriptor of its folder.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

/// The longest path that fits into an address, its end mark not counted.
const LONGEST: usize = 107;

/// A path that fits into an address, valid as long as this lives.
pub struct ShortPath {
    path: PathBuf,
    _folder: Option<OwnedFd>,
}

impl ShortPath {
    /// Makes a short path for `path`; its folder must be there.
    pub fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_bytes().len() <= LONGEST {
            return Ok(Self {
                path: path.to_owned(),
                _folder: None,
            });
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let folder: OwnedFd = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits())
            .open(folder)?
            .into();
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
        if path.as_os_str().as_bytes().len() > LONGEST {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        Ok(Self {
            path,
            _folder: Some(folder),
        })
    }

    /// The short path.
    pub fn as_path(&self) -> &Path {
        &self.path
    }
}
