//! Which uid a deployment has outside.

use std::fs;

use caps::{CapSet, Capability};
use nix::unistd::{getegid, geteuid};

use super::wire::Ids;

/// Slots beyond this share uids; far more than a machine can run.
const SLOTS: u32 = 30_000;
/// Where an unprivileged container ends, a lower range is used.
const LOW_BASE: u32 = 20_000;

/// The ids of a slot: of a range as root, else this user's own.
pub fn of(base: u32, slot: u32) -> Ids {
    if !may_map_any() {
        return Ids {
            outer: (geteuid().as_raw(), getegid().as_raw()),
            privileged: false,
        };
    }
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let base = if covers(&map, base + SLOTS) {
        base
    } else {
        LOW_BASE
    };
    let id = base + slot % SLOTS;
    Ids {
        outer: (id, id),
        privileged: true,
    }
}

/// Uid 0 alone says nothing in a container.
fn may_map_any() -> bool {
    let has = |capability| caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false);
    geteuid().is_root()
        && has(Capability::CAP_SETUID)
        && has(Capability::CAP_SETGID)
        && has(Capability::CAP_CHOWN)
}

/// True when the map of our own user namespace knows this id.
fn covers(map: &str, id: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line
            .split_ascii_whitespace()
            .filter_map(|number| number.parse::<u64>().ok());
        let (inside, _, count) = (numbers.next(), numbers.next(), numbers.next());
        matches!((inside, count), (Some(inside), Some(count))
            if (inside..inside + count).contains(&u64::from(id)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_map_does_not_cover_the_high_range() {
        assert!(covers("         0          0 4294967295\n", 230_000));
        assert!(!covers("0 100000 65536\n", 230_000));
        assert!(covers("0 100000 65536\n", LOW_BASE + SLOTS));
    }
}
