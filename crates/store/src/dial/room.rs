//! Room on the disk of an SQLite file.

use std::path::Path;

use nix::sys::statvfs::statvfs;

/// SQLite needs this much beside a database before a row can be read from it.
const LEAST: u64 = 64 << 10;

/// True when nothing more can be written where this file is: neither bytes nor files.
pub(super) fn is_full(file: &Path) -> bool {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let Ok(found) = statvfs(folder.unwrap_or(Path::new("."))) else {
        return false;
    };
    let no_files = found.files() > 0 && found.files_available() == 0;
    no_files || found.blocks_available() * found.fragment_size() < LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_room_is_not_full_and_a_device_of_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_full(&folder.path().join("x.db")));
        // This file system has no room at all.
        assert!(is_full(Path::new("/proc/x.db")));
        assert!(!is_full(Path::new("/nowhere/at/all/x.db")));
    }
}
