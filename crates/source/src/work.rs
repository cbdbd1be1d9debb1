//! The folder of one fetch: repository, tree, empty home. Gone when dropped; what a killed fetch left is removed by the
//! next one.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const LOCK: &str = "lock";

/// A work folder. Its lock says that its fetch lives: the kernel opens it when the process dies.
pub(crate) struct Work {
    folder: TempDir,
    _lock: File,
}

impl Work {
    /// Makes one below `scratch`, and removes those whose fetch is dead.
    pub fn new(scratch: &Path, any_owner: bool) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(scratch)?;
        let scratch = scratch.canonicalize()?;
        // Until this is dropped nobody else looks for dead folders: a new one is not taken for one.
        let alone = File::open(&scratch)?;
        alone.lock()?;
        remove_dead(&scratch)?;
        let folder = tempfile::Builder::new()
            .prefix("fetch-")
            .tempdir_in(scratch)?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        lock.lock()?;
        let work = Self {
            folder,
            _lock: lock,
        };
        for made in [work.tree(), work.home()] {
            fs::create_dir(made)?;
        }
        // Only here, in what git takes for the user's configuration, does it believe that any owner is good; the
        // environment's settings do not reach the serving half of a local fetch.
        let config = if any_owner {
            "[safe]\n\tdirectory = *\n"
        } else {
            ""
        };
        fs::write(work.config(), config)?;
        Ok(work)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn repo(&self) -> PathBuf {
        self.path().join("repo")
    }

    pub fn tree(&self) -> PathBuf {
        self.path().join("tree")
    }

    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    pub fn config(&self) -> PathBuf {
        self.path().join("config")
    }

    /// Moves the tree to where it was asked for. What stands there from an earlier call is moved away first, so that
    /// no moment shows half of either.
    pub fn hand_over(&self, into: &Path) -> io::Result<()> {
        let old = self.path().join("old");
        match fs::rename(into, &old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(self.tree(), into)
    }
}

/// Removes the folders whose lock nobody holds, or that were cut before they had one. One that is just being dropped may
/// vanish under the hand, and one that cannot be removed must not stop every fetch to come.
fn remove_dead(scratch: &Path) -> io::Result<()> {
    for entry in fs::read_dir(scratch)? {
        let path = entry?.path();
        let living = File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_err());
        if !living {
            let _ = fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

/// Bytes that a folder takes on disk, links not followed. Counting ends once it is past `enough`; what vanishes
/// meanwhile counts nothing.
pub(crate) fn size_of(folder: &Path, enough: u64) -> u64 {
    let mut open = vec![folder.to_path_buf()];
    let mut bytes = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(data) = entry.metadata() else { continue };
            bytes += data.blocks() * 512;
            if data.is_dir() {
                open.push(entry.path());
            }
        }
        if bytes > enough {
            break;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_fetch_left_is_removed_and_what_lives_is_not() {
        let scratch = tempfile::tempdir().unwrap();
        let living = Work::new(scratch.path(), false).unwrap();
        let dead = scratch.path().join("fetch-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("pack"), "x").unwrap();
        fs::create_dir(scratch.path().join("fetch-cut")).unwrap();
        let second = Work::new(scratch.path(), false).unwrap();
        assert!(!dead.exists() && living.tree().exists());
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2);
        drop((living, second));
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }

    #[test]
    fn handing_over_replaces_what_was_there() {
        let top = tempfile::tempdir().unwrap();
        let into = top.path().join("into");
        fs::create_dir(&into).unwrap();
        fs::write(into.join("old"), "").unwrap();
        let work = Work::new(&top.path().join("scratch"), false).unwrap();
        fs::write(work.tree().join("new"), "").unwrap();
        work.hand_over(&into).unwrap();
        let names: Vec<_> = fs::read_dir(&into)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["new"]);
    }

    #[test]
    fn size_counts_what_is_on_disk() {
        let top = tempfile::tempdir().unwrap();
        fs::create_dir(top.path().join("a")).unwrap();
        fs::write(top.path().join("a/b"), vec![1; 100_000]).unwrap();
        assert!((100_000..400_000).contains(&size_of(top.path(), u64::MAX)));
    }
}
