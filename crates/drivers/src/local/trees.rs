//! Trees of files that somebody else wrote: copied, counted and removed without ever following a link.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, renameat};
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use walkdir::WalkDir;

/// What an entry costs beyond its blocks: names and inodes run out too.
const ENTRY: u64 = 512;

/// Bytes on disk below a folder; stops counting once it is `enough`. What vanishes meanwhile does not count; what lies
/// deeper than a path can say is `enough`: no honest tree is so deep, and anything could be hidden there.
pub fn used(folder: &Path, enough: u64) -> u64 {
    let mut sum = 0;
    for entry in WalkDir::new(folder).same_file_system(true) {
        let bytes = entry.and_then(|entry| entry.metadata());
        sum += match bytes {
            Ok(meta) => meta.blocks() * 512 + ENTRY,
            Err(error) if is_too_deep(&error) => return enough,
            Err(_) => 0,
        };
        if sum >= enough {
            break;
        }
    }
    sum
}

fn is_too_deep(error: &walkdir::Error) -> bool {
    let code = error.io_error().and_then(io::Error::raw_os_error);
    code == Some(libc::ENAMETOOLONG)
}

/// Copies a tree into a folder that is there, for this owner. Links stay links; set-uid bits and special files are left
/// out.
pub fn copy(from: &Path, to: &Path, owner: (u32, u32)) -> io::Result<()> {
    for entry in WalkDir::new(from).min_depth(1) {
        let entry = entry?;
        let relative = entry.path().strip_prefix(from).map_err(io::Error::other)?;
        let at = to.join(relative);
        let kind = entry.file_type();
        if kind.is_dir() {
            fs::create_dir(&at)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, &at)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &at)?;
        } else {
            continue;
        }
        lchown(&at, Some(owner.0), Some(owner.1))?;
        if !kind.is_symlink() {
            let mode = entry.metadata()?.permissions().mode() & 0o755;
            fs::set_permissions(&at, fs::Permissions::from_mode(mode | 0o600))?;
        }
    }
    Ok(())
}

/// So deep are descriptors held open; a deeper folder is moved up first.
const DEEPEST: usize = 64;
/// Names held in memory at once.
const BATCH: usize = 4096;

/// Removes a folder with everything in it, whatever its modes, its depth and its names. Gone already is success, also for
/// what goes meanwhile: after a restart a resumed step and the sweep may remove the same folder.
pub fn remove(folder: &Path) -> io::Result<()> {
    let broken = || io::Error::other("a folder without a parent or a name");
    let parent = folder.parent().ok_or_else(broken)?;
    let name = folder.file_name().ok_or_else(broken)?;
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let top = match nix::fcntl::open(parent, flags, Mode::empty()) {
        Err(Errno::ENOENT) => return Ok(()),
        other => other?,
    };
    let mut removal = Removal {
        top,
        waiting: vec![name.to_owned()],
    };
    while let Some(name) = removal.waiting.pop() {
        let top = removal.top.try_clone()?;
        removal.entry(&top, &name, 0)?;
    }
    Ok(())
}

struct Removal {
    top: OwnedFd,
    /// Folders directly in `top` that are still to be removed.
    waiting: Vec<OsString>,
}

/// Two removals in one folder must not choose the same name.
static MOVED: AtomicUsize = AtomicUsize::new(0);

impl Removal {
    fn entry(&mut self, parent: &OwnedFd, name: &OsStr, depth: usize) -> io::Result<()> {
        match unlinkat(parent, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(Errno::EISDIR | Errno::EPERM) if depth >= DEEPEST => self.move_up(parent, name),
            Err(Errno::EISDIR | Errno::EPERM) => self.folder(parent, name, depth),
            Err(error) => Err(error.into()),
        }
    }

    fn move_up(&mut self, parent: &OwnedFd, name: &OsStr) -> io::Result<()> {
        let number = MOVED.fetch_add(1, Ordering::Relaxed);
        let fresh = OsString::from(format!(".deep-{}-{number}", std::process::id()));
        if unless_gone(renameat(parent, name, &self.top, fresh.as_os_str()))?.is_some() {
            self.waiting.push(fresh);
        }
        Ok(())
    }

    fn folder(&mut self, parent: &OwnedFd, name: &OsStr, depth: usize) -> io::Result<()> {
        let Some(folder) = unless_gone(open_folder(parent, name))? else {
            return Ok(());
        };
        loop {
            let names = unless_gone(names(&folder))?.unwrap_or_default();
            if names.is_empty() {
                break;
            }
            for name in &names {
                self.entry(&folder, name, depth + 1)?;
            }
        }
        match unlinkat(parent, name, UnlinkatFlags::RemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Opens a folder that its owner may have closed to himself; its entries can be removed then.
fn open_folder(parent: &OwnedFd, name: &OsStr) -> nix::Result<OwnedFd> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    // It is a folder, nobody runs in this tree any more, and only its owner may do this.
    let _ = fchmodat(parent, name, Mode::S_IRWXU, FchmodatFlags::FollowSymlink);
    openat(parent, name, flags, Mode::empty())
}

/// Nothing where another remover was faster.
fn unless_gone<T>(done: nix::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(Errno::ENOENT) => Ok(None),
        other => Ok(Some(other?)),
    }
}

fn names(folder: &OwnedFd) -> nix::Result<Vec<OsString>> {
    let here = openat(
        folder,
        ".",
        OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    let mut names = Vec::new();
    for entry in Dir::from_fd(here)?.iter() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
        if names.len() == BATCH {
            break;
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_tree_is_removed_and_what_links_point_to_stays() {
        let top = tempfile::tempdir().unwrap();
        let victim = top.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("kept"), "x").unwrap();
        let tree = top.path().join("tree");
        fs::create_dir_all(tree.join("a/b")).unwrap();
        symlink(&victim, tree.join("a/link")).unwrap();
        fs::write(tree.join("a/b/file"), "x").unwrap();
        fs::set_permissions(tree.join("a/b"), fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(tree.join("a"), fs::Permissions::from_mode(0o500)).unwrap();
        remove(&tree).unwrap();
        assert!(!tree.exists());
        assert!(victim.join("kept").exists());
        remove(&tree).unwrap();
    }

    #[test]
    fn a_tree_deeper_than_any_path_is_removed() {
        let top = tempfile::tempdir().unwrap();
        let tree = top.path().join("tree");
        fs::create_dir(&tree).unwrap();
        let mut at: OwnedFd = fs::File::open(&tree).unwrap().into();
        for _ in 0..1000 {
            nix::sys::stat::mkdirat(&at, "deeper", Mode::S_IRWXU).unwrap();
            at = openat(&at, "deeper", OFlag::O_DIRECTORY, Mode::empty()).unwrap();
        }
        drop(at);
        assert_eq!(used(&tree, 1 << 40), 1 << 40, "nothing hides down there");
        remove(&tree).unwrap();
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
    }

    #[test]
    fn two_that_remove_the_same_tree_both_succeed() {
        for _ in 0..20 {
            let top = tempfile::tempdir().unwrap();
            let tree = top.path().join("tree");
            for n in 0..100 {
                fs::create_dir_all(tree.join(format!("{n}/a/b"))).unwrap();
            }
            let start = std::sync::Barrier::new(2);
            let both: Vec<_> = std::thread::scope(|scope| {
                let remover = || {
                    start.wait();
                    remove(&tree)
                };
                let threads = [scope.spawn(remover), scope.spawn(remover)];
                threads.map(|thread| thread.join().unwrap()).into()
            });
            for done in both {
                done.unwrap();
            }
            assert!(!tree.exists());
        }
    }

    #[test]
    fn a_copy_keeps_links_and_drops_set_uid() {
        let top = tempfile::tempdir().unwrap();
        let (from, to) = (top.path().join("from"), top.path().join("to"));
        fs::create_dir_all(from.join("d")).unwrap();
        fs::create_dir(&to).unwrap();
        fs::write(from.join("d/run me"), "x").unwrap();
        fs::set_permissions(from.join("d/run me"), fs::Permissions::from_mode(0o4755)).unwrap();
        symlink("../../etc/passwd", from.join("l")).unwrap();
        let me = (
            nix::unistd::geteuid().as_raw(),
            nix::unistd::getegid().as_raw(),
        );
        copy(&from, &to, me).unwrap();
        assert_eq!(
            fs::read_link(to.join("l")).unwrap(),
            Path::new("../../etc/passwd")
        );
        let mode = fs::metadata(to.join("d/run me"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o755);
        assert!(used(&to, u64::MAX) > 0);
    }
}
