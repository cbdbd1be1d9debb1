//! Room for builds: the floor of the engine, seen before it is reached.

use std::path::Path;

use nix::sys::statvfs::statvfs;

use super::check::Check;
use crate::text;

const FLOOR_BYTES: u64 = 2_000_000_000;
const FLOOR_PERCENT: u64 = 5;

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
    if free < FLOOR_BYTES || free < all / 100 * FLOOR_PERCENT {
        Check::fail("disk", what, text::DISK_CURE)
    } else if free < 3 * FLOOR_BYTES {
        Check::warn("disk", what, text::DISK_CURE)
    } else {
        Check::ok("disk", what)
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn the_floor_is_the_larger_of_a_share_and_a_size() {
        let state = |free, all| verdict(Path::new("/x"), free, all).state;
        assert_eq!(state(100_000_000_000, 500_000_000_000), State::Ok);
        assert_eq!(state(20_000_000_000, 500_000_000_000), State::Fail);
        assert_eq!(state(1_900_000_000, 10_000_000_000), State::Fail);
        assert_eq!(state(3_000_000_000, 10_000_000_000), State::Warn);
    }
}
