//! Files that a guest removed and holds open: they take disk as before, and no folder names them any more.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use nix::unistd::Pid;

/// Processes looked at; a guest may hold fewer.
const MOST: usize = 65_536;

/// Bytes on disk in removed files that the descendants of this process hold open. What is in memory does not count, and
/// neither does what vanishes meanwhile. 0 where the kernel does not tell children.
pub fn held(init: Pid) -> u64 {
    let mut seen = BTreeSet::new();
    descendants(init)
        .into_iter()
        .map(|pid| held_by(pid, &mut seen))
        .sum()
}

fn descendants(init: Pid) -> Vec<i32> {
    let mut found = vec![init.as_raw()];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        next += 1;
        let tasks = fs::read_dir(format!("/proc/{pid}/task"));
        for task in tasks.into_iter().flatten().flatten() {
            let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(text.split_whitespace().flat_map(str::parse::<i32>));
        }
        if found.len() > MOST {
            break;
        }
    }
    found
}

fn held_by(pid: i32, seen: &mut BTreeSet<(u64, u64)>) -> u64 {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd"));
    let open = descriptors.into_iter().flatten().flatten();
    open.filter_map(|entry| removed(&entry.path()))
        .filter(|(file, _)| seen.insert(*file))
        .map(|(_, bytes)| bytes)
        .sum()
}

/// Which file it is, and its bytes; none where it still has a name, or is no file on a disk.
fn removed(descriptor: &Path) -> Option<((u64, u64), u64)> {
    let meta = fs::metadata(descriptor).ok()?;
    if !meta.is_file() || meta.nlink() > 0 || meta.blocks() == 0 {
        return None;
    }
    // Memory files and scratch space are in memory, which has a limit of its own.
    let in_memory = statfs(descriptor).ok()?.filesystem_type() == TMPFS_MAGIC;
    (!in_memory).then(|| ((meta.dev(), meta.ino()), meta.blocks() * 512))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_removed_file_counts_as_long_as_it_is_open() {
        let Some(folder) = ["/var/tmp", "/tmp"].into_iter().find(|folder| {
            statfs(*folder).is_ok_and(|found| found.filesystem_type() != TMPFS_MAGIC)
        }) else {
            println!("SKIPPED: held: no folder on a disk");
            return;
        };
        let mut file = tempfile::tempfile_in(folder).unwrap();
        file.write_all(&vec![1; 3 << 20]).unwrap();
        file.sync_all().unwrap();
        let me = Pid::this();
        let own = |path: String| removed(Path::new(&path));
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file);
        let (_, bytes) = own(format!("/proc/self/fd/{descriptor}")).unwrap();
        assert!(bytes >= 3 << 20, "{bytes}");
        assert!(held(me) >= 3 << 20);
    }
}
