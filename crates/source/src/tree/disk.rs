//! Reads a folder through descriptors: every part of a path is opened below the one before and never through a link, so
//! that no change on disk can lead outside.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use domain::tree::{EntryKind, SourceTree};
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};

/// The largest file that is read.
const TEXT_BYTES: u64 = 512 * 1024;
/// Entries of one folder that are read; a larger folder shows only so many.
const ENTRIES: usize = 10_000;

/// A folder, as [`SourceTree`]. One that is not there is an empty tree.
pub struct DiskTree {
    top: Option<OwnedFd>,
}

impl DiskTree {
    /// The tree below a folder of the server's own; this path itself may lead through links.
    pub fn new(folder: &Path) -> Self {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        Self {
            top: open(folder, flags, Mode::empty()).ok(),
        }
    }

    /// Opens what a path names, as long as each part of it is really there.
    fn at(&self, path: &str, last: OFlag) -> Option<OwnedFd> {
        let folder = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let mut here = open_below(self.top.as_ref()?, ".", folder).ok()?;
        let mut parts = parts(path)?.into_iter().peekable();
        while let Some(part) = parts.next() {
            let flags = if parts.peek().is_some() { folder } else { last };
            here = open_below(&here, part, flags).ok()?;
        }
        Some(here)
    }

    fn stat(&self, path: &str) -> Option<FileStat> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let [name] = parts(name)?[..] else {
            return None;
        };
        let folder = self.at(folder, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        fstatat(&folder, name, AtFlags::AT_SYMLINK_NOFOLLOW).ok()
    }
}

fn open_below(folder: &impl AsFd, name: &str, flags: OFlag) -> Result<OwnedFd, Errno> {
    // Not blocking: a pipe in a folder must not hold detection up.
    openat(
        folder,
        name,
        flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK,
        Mode::empty(),
    )
}

/// The parts of a relative path; none when it climbs or is not plain.
fn parts(path: &str) -> Option<Vec<&str>> {
    if path.is_empty() {
        return Some(Vec::new());
    }
    let plain = |part: &&str| !matches!(*part, "" | "." | "..") && !part.contains('\0');
    path.split('/')
        .map(|part| Some(part).filter(plain))
        .collect()
}

fn kind_of(stat: &FileStat) -> EntryKind {
    match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        kind if kind == SFlag::S_IFREG => EntryKind::File,
        kind if kind == SFlag::S_IFDIR => EntryKind::Folder,
        // Sockets and the like do not come from Git; nobody follows them either.
        _ => EntryKind::Link,
    }
}

impl SourceTree for DiskTree {
    fn list(&self, folder: &str) -> Vec<(String, EntryKind)> {
        let fd = self.at(folder, OFlag::O_RDONLY | OFlag::O_DIRECTORY);
        let Some(Ok(mut dir)) = fd.map(Dir::from_fd) else {
            return Vec::new();
        };
        let mut names: Vec<(String, Option<Type>)> = Vec::new();
        for entry in dir.iter().flatten() {
            let name = OsStr::new(entry.file_name().to_str().unwrap_or("."));
            if let Some(name) = name.to_str().filter(|name| !matches!(*name, "." | "..")) {
                names.push((name.to_owned(), entry.file_type()));
            }
            if names.len() == ENTRIES {
                break;
            }
        }
        let kind = |(name, hint): (String, Option<Type>)| {
            let kind = match hint {
                Some(Type::File) => EntryKind::File,
                Some(Type::Directory) => EntryKind::Folder,
                Some(_) => EntryKind::Link,
                None => kind_of(&fstatat(&dir, name.as_str(), AtFlags::AT_SYMLINK_NOFOLLOW).ok()?),
            };
            Some((name, kind))
        };
        let mut list: Vec<_> = names.into_iter().filter_map(kind).collect();
        list.sort();
        list
    }

    fn read(&self, path: &str) -> Option<String> {
        let fd = self
            .at(path, OFlag::O_RDONLY)
            .filter(|_| !path.is_empty())?;
        let stat = fstat(&fd).ok()?;
        if kind_of(&stat) != EntryKind::File {
            return None;
        }
        let mut bytes = Vec::new();
        File::from(fd)
            .take(TEXT_BYTES + 1)
            .read_to_end(&mut bytes)
            .ok()?;
        let small = bytes.len() as u64 <= TEXT_BYTES;
        String::from_utf8(bytes).ok().filter(|_| small)
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        self.stat(path).as_ref().map(kind_of)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree() -> (tempfile::TempDir, DiskTree) {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("root");
        fs::create_dir_all(root.join("src/deep")).unwrap();
        fs::write(top.path().join("secret"), "secret").unwrap();
        fs::write(root.join("src/app.py"), "x = 1").unwrap();
        fs::write(root.join("odd \"name\"\n"), "y").unwrap();
        symlink("../secret", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("src", root.join("inner")).unwrap();
        let tree = DiskTree::new(&root);
        (top, tree)
    }

    #[test]
    fn it_lists_sorted_with_kinds() {
        let (_top, tree) = tree();
        let expected = [
            ("inner", EntryKind::Link),
            ("odd \"name\"\n", EntryKind::File),
            ("out", EntryKind::Link),
            ("src", EntryKind::Folder),
            ("up", EntryKind::Link),
        ];
        assert_eq!(
            tree.list(""),
            expected.map(|(name, kind)| (name.to_owned(), kind))
        );
        assert_eq!(tree.list("src").len(), 2);
        assert!(tree.list("none").is_empty() && tree.list("src/app.py").is_empty());
    }

    #[test]
    fn it_never_follows_a_link_nor_climbs() {
        let (_top, tree) = tree();
        assert_eq!(tree.read("src/app.py").as_deref(), Some("x = 1"));
        for path in [
            "out",
            "up/secret",
            "../secret",
            "inner/app.py",
            "src/../src/app.py",
            "/etc/passwd",
            "src",
            "",
            "a\0b",
        ] {
            assert_eq!(tree.read(path), None, "{path}");
        }
        assert!(
            tree.list("inner").is_empty()
                && tree.list("up").is_empty()
                && tree.list("..").is_empty()
        );
        assert_eq!(tree.kind("out"), Some(EntryKind::Link));
        assert_eq!(tree.kind("inner/app.py"), None);
        assert_eq!(tree.kind("src/deep"), Some(EntryKind::Folder));
        assert!(tree.has("src/app.py") && !tree.has("src"));
    }

    #[test]
    fn it_reads_no_more_than_its_bound_and_no_binary() {
        let top = tempfile::tempdir().unwrap();
        let most = usize::try_from(TEXT_BYTES).unwrap();
        fs::write(top.path().join("fits"), vec![b'a'; most]).unwrap();
        fs::write(top.path().join("large"), vec![b'a'; most + 1]).unwrap();
        fs::write(top.path().join("binary"), [0xff, 0xfe]).unwrap();
        nix::unistd::mkfifo(&top.path().join("pipe"), Mode::S_IRWXU).unwrap();
        let tree = DiskTree::new(top.path());
        assert_eq!(tree.read("fits").map(|text| text.len()), Some(most));
        assert!(
            tree.read("large").is_none()
                && tree.read("binary").is_none()
                && tree.read("pipe").is_none()
        );
        assert!(DiskTree::new(&top.path().join("none")).list("").is_empty());
    }
}
