//! Does a server hold this file? Looked up without touching the lock: to take it, even for a moment, would turn away a
//! server that starts just then.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::lock::lock_path;

/// True when a Havre server, or a command that must be alone, has this SQLite file. False also where the kernel does not
/// tell.
pub fn in_use(database: &Path) -> bool {
    let Ok(found) = fs::metadata(lock_path(database)) else {
        return false;
    };
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    locks.lines().any(|line| locks_file(line, found.ino()))
}

/// `1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF`; those who wait have `->` in front. The device is not compared: some
/// file systems show another one here than to programs.
fn locks_file(line: &str, inode: u64) -> bool {
    let mut words = line.split_ascii_whitespace().skip(1);
    let is_lock = words.next() == Some("FLOCK");
    let file = words.nth(3).and_then(|place| place.rsplit(':').next());
    is_lock && file.and_then(|inode| inode.parse().ok()) == Some(inode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Lock;

    #[test]
    fn a_lock_is_seen_while_it_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        assert!(!in_use(&file));
        let lock = Lock::take(&file).unwrap();
        assert!(in_use(&file));
        drop(lock);
        assert!(!in_use(&file) && !lock_path(&file).exists());
    }

    #[test]
    fn lines_of_the_kernel() {
        assert!(locks_file(
            "1: FLOCK  ADVISORY  WRITE 12 fe:01:5678 0 EOF",
            5678
        ));
        assert!(!locks_file(
            "1: FLOCK  ADVISORY  WRITE 12 fe:01:5678 0 EOF",
            78
        ));
        assert!(!locks_file(
            "2: POSIX  ADVISORY  WRITE 12 fe:01:5678 0 EOF",
            5678
        ));
        assert!(!locks_file(
            "1: -> FLOCK  ADVISORY  WRITE 12 fe:01:5678 0 EOF",
            5678
        ));
    }
}
