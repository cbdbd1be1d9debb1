//! The mount calls that are needed, with the stage named.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::mount::{MsFlags, mount};

use super::super::trouble::{On, Trouble};

const NONE: Option<&str> = None;

/// Mounts a new file system of this kind.
pub fn fresh(kind: &str, at: &Path, flags: MsFlags, options: &str) -> Result<(), Trouble> {
    mount(Some(kind), at, Some(kind), flags, Some(options))
        .on(format!("mount {kind} at {}", at.display()))
}

/// Binds with all that is mounted below; only then do locked mounts stay covered.
pub fn bind(from: &Path, at: &Path) -> Result<(), Trouble> {
    mount(
        Some(from),
        at,
        NONE,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        NONE,
    )
    .on(format!("bind {}", at.display()))
}

/// Cuts this namespace's mounts from the host's.
pub fn make_private() -> Result<(), Trouble> {
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
        .on("make the mounts private")
}

/// Adds restrictions to a mount and, when asked, to all below it.
pub fn restrict(at: &Path, attributes: u64, below_too: bool) -> Result<(), Trouble> {
    let what = || format!("restrict the mount {}", at.display());
    let path = CString::new(at.as_os_str().as_bytes())
        .map_err(io::Error::other)
        .on(what())?;
    let attr = libc::mount_attr {
        attr_set: attributes,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let flags = if below_too { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: a live C string and a live struct of the size that is told.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    nix::errno::Errno::result(done).map(drop).on(what())
}

/// Read-only, no devices, no set-uid.
pub const SEALED: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
/// Writable, no devices, no set-uid.
pub const OPEN: u64 = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
