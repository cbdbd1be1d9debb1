//! Places to mount at that lie in folders which a guest writes: a link there could lead anywhere on this machine, which
//! is still to be seen while the root is built, and another guest of the deployment may put one there at any moment.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, SFlag, fstat, mkdirat};

use super::super::trouble::{On, Trouble};

/// An opened place, reached without following a link.
pub struct Spot(OwnedFd);

impl Spot {
    /// Opens the folder `to` below the stage, `/` being the stage itself, and makes what is missing of it.
    pub fn folder(stage: &Path, to: &Path) -> Result<Self, Trouble> {
        let what = || format!("make {} without following links", to.display());
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut at = open(stage, flags, Mode::empty()).on(what())?;
        for part in to.components() {
            let name = match part {
                Component::Normal(name) => name,
                Component::RootDir | Component::CurDir => continue,
                _ => return Err(Trouble::new(what(), "it climbs")),
            };
            match mkdirat(&at, name, Mode::from_bits_truncate(0o755)) {
                Ok(()) | Err(Errno::EEXIST | Errno::EROFS) => {}
                Err(error) => return Err(error).on(what()),
            }
            at = openat(&at, name, flags | OFlag::O_NOFOLLOW, Mode::empty()).on(what())?;
        }
        Ok(Self(at))
    }

    /// The same for a file.
    pub fn file(stage: &Path, to: &Path) -> Result<Self, Trouble> {
        let what = || format!("make {} without following links", to.display());
        let nothing = || Trouble::new(what(), "it has no name");
        let parent = Self::folder(stage, to.parent().ok_or_else(nothing)?)?.0;
        let name = to.file_name().ok_or_else(nothing)?;
        let flags = OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let fresh = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY;
        match openat(
            &parent,
            name,
            flags | fresh,
            Mode::from_bits_truncate(0o644),
        ) {
            Ok(_) | Err(Errno::EEXIST | Errno::EROFS) => {}
            Err(error) => return Err(error).on(what()),
        }
        let at = openat(&parent, name, flags | OFlag::O_PATH, Mode::empty()).on(what())?;
        let kind = SFlag::from_bits_truncate(fstat(&at).on(what())?.st_mode) & SFlag::S_IFMT;
        if kind == SFlag::S_IFREG {
            Ok(Self(at))
        } else {
            Err(Trouble::new(what(), "something else is there"))
        }
    }

    /// A path that leads to this very place whatever becomes of its name, as long as the host's `/proc` is there.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn plain_folders_are_made_and_opened() {
        let stage = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let spot = Spot::folder(stage.path(), Path::new("/app/a/b")).unwrap();
            fs::write(spot.path().join("f"), "x").unwrap();
        }
        assert!(stage.path().join("app/a/b/f").exists());
    }

    #[test]
    fn neither_links_nor_files_are_gone_through_and_nothing_is_made_behind_them() {
        let stage = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir(stage.path().join("app")).unwrap();
        fs::create_dir(outside.path().join("there")).unwrap();
        symlink(outside.path(), stage.path().join("app/link")).unwrap();
        symlink("nowhere", stage.path().join("app/dangling")).unwrap();
        fs::write(stage.path().join("app/file"), "").unwrap();
        for to in [
            "/app/link",
            "/app/link/new",
            "/app/link/there",
            "/app/dangling",
            "/app/dangling/x",
            "/app/file",
            "/app/../../x",
        ] {
            assert!(Spot::folder(stage.path(), Path::new(to)).is_err(), "{to}");
        }
        for to in ["/app/link/f", "/app/dangling", "/app/link"] {
            assert!(Spot::file(stage.path(), Path::new(to)).is_err(), "{to}");
        }
        for to in ["/app/file", "/app/new/file"] {
            assert!(Spot::file(stage.path(), Path::new(to)).is_ok(), "{to}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }
}
