//! Version 2: one folder with everything, below a place that was delegated to us.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::wire::Limits;

/// Where processes that are no guests sit: a group that has children with controllers may hold no process.
const LEAF: &str = "ctl";

/// The group below which we may make ours, emptied of processes.
///
/// Root takes the top: systemd could not start its service again while apps of an earlier life hold groups below it,
/// unless the service runs in a leaf of its own (`DelegateSubgroup=ctl`), which is then used. An ordinary user takes the
/// group that was delegated to it.
pub fn delegated_base(mount: &Path, own: &Path) -> Option<PathBuf> {
    let in_leaf = own.file_name().is_some_and(|name| name == LEAF);
    let own = if in_leaf { own.parent()? } else { own };
    let root = nix::unistd::geteuid().is_root();
    let base = if root && !in_leaf { mount } else { own };
    // Only the true root, which has no type, may hold processes beside groups.
    if base == own && base.join("cgroup.type").exists() {
        empty_into_leaf(base).ok()?;
    }
    Some(base.to_path_buf())
}

/// Moves every process of a group into its leaf, again until none is left: some fork meanwhile.
fn empty_into_leaf(group: &Path) -> io::Result<()> {
    let leaf = group.join(LEAF);
    fs::create_dir_all(&leaf)?;
    for _ in 0..20 {
        let pids = fs::read_to_string(group.join("cgroup.procs"))?;
        if pids.trim().is_empty() {
            return Ok(());
        }
        for pid in pids.lines() {
            // One that ended meanwhile cannot be moved, and need not.
            let _ = fs::write(leaf.join("cgroup.procs"), pid);
        }
    }
    Err(io::Error::other(
        "processes keep appearing in the delegated group",
    ))
}

/// Makes our folder and enables the controllers for its children; gives those that work. Freezing needs none.
pub fn prepare(base: &Path) -> Option<Vec<String>> {
    let parent = base.parent()?;
    fs::create_dir_all(base).ok()?;
    let mut enabled = vec!["freezer".to_owned()];
    for controller in ["memory", "pids", "cpu"] {
        let switch = |group: &Path| {
            fs::write(
                group.join("cgroup.subtree_control"),
                format!("+{controller}"),
            )
        };
        if switch(parent).is_ok() && switch(base).is_ok() {
            enabled.push(controller.to_owned());
        }
    }
    Some(enabled)
}

/// Writes the limits.
pub fn limit(controller: &str, group: &Path, limits: &Limits) -> io::Result<()> {
    let write = |file: &str, value: String| fs::write(group.join(file), value);
    match controller {
        "memory" => {
            write("memory.max", limits.memory.to_string())?;
            // Where swap is not counted the file is missing, and there is nothing to forbid.
            let _ = write("memory.swap.max", "0".into());
            Ok(())
        }
        "pids" => write("pids.max", limits.pids.to_string()),
        "cpu" => {
            if limits.background {
                write("cpu.weight", "25".into())?;
            }
            let quota = 100_000u64 * u64::from(limits.cores.max(1));
            write("cpu.max", format!("{quota} 100000"))
        }
        _ => Ok(()),
    }
}

/// Freezes or thaws, and looks until the kernel says so.
pub fn freeze(group: &Path, frozen: bool) -> io::Result<()> {
    fs::write(group.join("cgroup.freeze"), if frozen { "1" } else { "0" })?;
    super::group::until(|| {
        let events = fs::read_to_string(group.join("cgroup.events"))?;
        Ok((super::group::counter(&events, "frozen") == 1) == frozen)
    })
}

/// How many processes the kernel killed for memory.
pub fn oom_kills(group: &Path) -> u64 {
    let text = fs::read_to_string(group.join("memory.events")).unwrap_or_default();
    super::group::counter(&text, "oom_kill")
}

/// Kills all of it in one write (kernel 5.14 and later).
pub fn kill(group: &Path) -> bool {
    fs::write(group.join("cgroup.kill"), "1").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_written_as_the_kernel_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            memory: 64 << 20,
            cores: 2,
            pids: 30,
            disk: 0,
            background: false,
        };
        for controller in ["memory", "pids", "cpu", "freezer"] {
            limit(controller, folder.path(), &limits).unwrap();
        }
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        assert_eq!(read("memory.max"), "67108864");
        assert_eq!(read("memory.swap.max"), "0");
        assert_eq!(read("cpu.max"), "200000 100000");
        assert_eq!(read("pids.max"), "30");
    }

    #[test]
    fn our_own_leaf_is_stripped() {
        let mount = Path::new("/sys/fs/cgroup");
        assert_eq!(
            delegated_base(mount, &mount.join(LEAF)).as_deref(),
            Some(mount),
            "a later process that sits in the leaf finds the same base"
        );
    }
}
