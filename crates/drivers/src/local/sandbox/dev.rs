//! The devices that programs expect and nothing else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::mount::MsFlags;

use super::super::trouble::{On, Trouble};
use super::{mounts, root};

const NODES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];
const SHARED_MEMORY: u64 = 64 << 20;

/// Makes `/dev` below the stage.
pub fn build(stage: &Path) -> Result<(), Trouble> {
    let dev = stage.join("dev");
    root::folder(&dev)?;
    for name in NODES {
        let at = dev.join(name);
        fs::write(&at, "").on(format!("make /dev/{name}"))?;
        mounts::bind(&Path::new("/dev").join(name), &at)?;
        let few = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
        mounts::restrict(&at, few, false)?;
    }
    for (name, target) in LINKS {
        symlink(target, dev.join(name)).on(format!("link /dev/{name}"))?;
    }
    root::scratch(&dev.join("shm"), SHARED_MEMORY)?;
    let pts = dev.join("pts");
    root::folder(&pts)?;
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    mounts::fresh("devpts", &pts, quiet, "newinstance,ptmxmode=0666,mode=620")
}
