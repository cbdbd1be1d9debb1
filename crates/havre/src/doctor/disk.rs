//! Room for builds: the floor of the local driver, seen before it is reached.

use std::path::Path;

use drivers::local::Floor;
use nix::sys::statvfs::statvfs;

use super::check::Check;
use crate::text;

/// Above the floor by less than this, a few builds reach it.
const NEAR: u64 = 4 << 30;

/// The disk of the data folder, or of the nearest folder above it that is there.
pub fn check(data_dir: &Path) -> Check {
    let there = data_dir.ancestors().find(|folder| folder.exists());
    let Some(found) = there.and_then(|folder| statvfs(folder).ok()) else {
        let what = text::data_dir_broken(data_dir, "it has no file system");
        return Check::fail("disk", what, text::data_dir_cure(data_dir));
    };
    let free = found.blocks_available() * found.fragment_size();
    let all = found.blocks() * found.fragment_size();
    verdict(data_dir, free, all)
}

fn verdict(data_dir: &Path, free: u64, all: u64) -> Check {
    let what = text::disk_free(data_dir, free, all);
    let floor = Floor::default().of(all);
    if free < floor {
        Check::fail("disk", what, text::DISK_CURE)
    } else if free < floor + NEAR {
        Check::warn("disk", what, text::DISK_CURE)
    } else {
        Check::ok("disk", what)
    }
}

/// The server holds this much for its own last words; below it nothing new is taken.
const LAST: u64 = 16 << 20;
/// A day or two of a busy server.
const SCARCE: u64 = 256 << 20;

/// The disk of an SQLite file.
pub fn of_database(folder: &Path, free: u64, all: u64) -> Check {
    let what = text::disk_free(folder, free, all);
    if free < LAST {
        Check::fail("db disk", what, text::DB_DISK_CURE)
    } else if free < SCARCE {
        Check::warn("db disk", what, text::DB_DISK_CURE)
    } else {
        Check::ok("db disk", what)
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn what_the_driver_refuses_fails_here_and_what_is_near_warns() {
        let state = |free, all| verdict(Path::new("/x"), free, all).state;
        assert_eq!(state(100_000_000_000, 500_000_000_000), State::Ok);
        assert_eq!(state(5_000_000_000, 500_000_000_000), State::Warn);
        assert_eq!(state(1_000_000_000, 500_000_000_000), State::Fail);
        assert_eq!(state(400_000_000, 10_000_000_000), State::Fail);
    }

    #[test]
    fn a_database_needs_little_but_not_nothing() {
        let state = |free| of_database(Path::new("/x"), free, 1 << 40).state;
        assert_eq!(state(1 << 30), State::Ok);
        assert_eq!(state(100 << 20), State::Warn);
        assert_eq!(state(1 << 20), State::Fail);
    }
}
