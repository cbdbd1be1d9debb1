//! The control groups of one guest.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::files::gone_is_fine;
use super::super::trouble::{On, Trouble};
use super::super::wire::Limits;
use super::place::{Placement, Version};
use super::{v1, v2};

/// One group of one guest in each hierarchy.
#[derive(Debug, Clone)]
pub struct Group {
    version: Version,
    folders: Vec<(String, PathBuf)>,
}

impl Group {
    /// The group of this name, whether it is there or not.
    pub fn named(placement: &Placement, name: &str) -> Self {
        let folders = placement.bases.iter();
        Self {
            version: placement.version,
            folders: folders
                .map(|(controller, base)| (controller.clone(), base.join(name)))
                .collect(),
        }
    }

    /// Makes it afresh with these limits: what a killed predecessor left in it is ended first.
    pub fn make(&self, limits: &Limits) -> Result<(), Trouble> {
        self.end();
        for (controller, folder) in &self.folders {
            let what = || format!("limit {controller} in {}", folder.display());
            self.folder_of(folder).on(what())?;
            match self.version {
                Version::V1 => v1::limit(controller, folder, limits),
                Version::V2 => v2::limit(controller, folder, limits),
            }
            .on(what())?;
        }
        Ok(())
    }

    /// Makes one folder. The base above it goes with the last guest, so it may vanish in between.
    fn folder_of(&self, folder: &Path) -> io::Result<()> {
        let mut last = Ok(());
        for _ in 0..10 {
            if self.version == Version::V2
                && let Some(base) = folder.parent()
            {
                v2::prepare(base);
            }
            last = fs::create_dir_all(folder);
            if last.is_ok() {
                break;
            }
        }
        last
    }

    /// Puts a process into it.
    pub fn add(&self, pid: i32) -> Result<(), Trouble> {
        for folder in self.unique() {
            fs::write(folder.join("cgroup.procs"), pid.to_string())
                .on(format!("enter {}", folder.display()))?;
        }
        Ok(())
    }

    /// Freezes or thaws it; false where there is no freezer.
    pub fn freeze(&self, frozen: bool) -> io::Result<bool> {
        let Some(folder) = self.folder("freezer") else {
            return Ok(false);
        };
        match self.version {
            Version::V1 => v1::freeze(folder, frozen)?,
            Version::V2 => v2::freeze(folder, frozen)?,
        }
        Ok(true)
    }

    /// How many of its processes the kernel killed for memory.
    pub fn oom_kills(&self) -> u64 {
        match (self.folder("memory"), self.version) {
            (Some(folder), Version::V1) => v1::oom_kills(folder),
            (Some(folder), Version::V2) => v2::oom_kills(folder),
            (None, _) => 0,
        }
    }

    /// Kills what is in it and removes it. True when nothing is left; it may take another call while the kernel
    /// finishes with the last process.
    pub fn end(&self) -> bool {
        if self.folders.iter().all(|(_, folder)| !folder.exists()) {
            return true;
        }
        let _ = self.freeze(false);
        for folder in self.unique() {
            if self.version == Version::V1 || !v2::kill(folder) {
                kill_each(folder);
            }
        }
        let gone = |folder: &&Path| gone_is_fine(fs::remove_dir(folder)).is_ok();
        let all_gone = self.unique().iter().filter(|folder| !gone(folder)).count() == 0;
        for base in self.unique().iter().filter_map(|folder| folder.parent()) {
            // Stays while other guests are in it.
            let _ = fs::remove_dir(base);
        }
        all_gone
    }

    fn folder(&self, controller: &str) -> Option<&Path> {
        self.folders
            .iter()
            .find(|(name, _)| name == controller)
            .map(|(_, folder)| folder.as_path())
    }

    fn unique(&self) -> Vec<&Path> {
        let mut folders: Vec<&Path> = self
            .folders
            .iter()
            .map(|(_, folder)| folder.as_path())
            .collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    }
}

/// Kills process by process, as often as new ones appear.
fn kill_each(folder: &Path) {
    for _ in 0..50 {
        let pids = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        let pids: Vec<i32> = pids.lines().filter_map(|line| line.parse().ok()).collect();
        if pids.is_empty() {
            return;
        }
        for pid in pids.into_iter().filter(|pid| *pid > 1) {
            let _ = nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(pid),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
        std::thread::yield_now();
    }
}

/// Looks until it holds, for no longer than two seconds; the kernel tells nobody.
pub fn until(mut holds: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    for _ in 0..1000 {
        if holds()? {
            return Ok(());
        }
        let _ = nix::poll::poll(&mut [], 2u8);
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// The number after a word in a `word number` file.
pub fn counter(text: &str, word: &str) -> u64 {
    text.lines()
        .find_map(|line| {
            line.strip_prefix(word)?
                .strip_prefix(' ')?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_match_whole_words() {
        let text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
        assert_eq!(counter(text, "oom_kill"), 3);
        assert_eq!(counter(text, "oom"), 0);
    }

    /// Freezing and killing need no controller, so version 2 can be tried where only its mount is there.
    #[test]
    fn version_two_freezes_and_kills() {
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
        let mount = mounts
            .lines()
            .find(|line| line.split(' ').nth(2) == Some("cgroup2"));
        let top = mount
            .and_then(|line| line.split(' ').nth(1))
            .unwrap_or("/nowhere");
        let base = PathBuf::from(top).join(format!("havre-test-{}", std::process::id()));
        if fs::create_dir(&base).is_err() {
            println!("SKIPPED: version_two_freezes_and_kills: no writable cgroup2 hierarchy");
            return;
        }
        let group = Group::named(
            &Placement {
                version: Version::V2,
                bases: [("freezer".to_owned(), base.clone())].into(),
            },
            "g000000000001",
        );
        let limits = Limits {
            memory: 1 << 30,
            cores: 1,
            pids: 10,
            disk: 0,
            background: false,
        };
        group.make(&limits).unwrap();
        let mut child = std::process::Command::new("/bin/sleep")
            .arg("600")
            .spawn()
            .unwrap();
        group.add(child.id().cast_signed()).unwrap();
        assert!(
            group.freeze(true).unwrap()
                && group.freeze(false).unwrap()
                && group.freeze(true).unwrap()
        );
        group.end();
        child.wait().unwrap();
        until(|| Ok(group.end())).unwrap();
        assert!(!base.exists());
    }
}
