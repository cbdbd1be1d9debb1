//! The identity of a process that is not our child: boot, pid and start time together are never used twice.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One process, for as long as this machine stays up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The boot it belongs to.
    pub boot: String,
    /// Its pid, as this machine's first pid namespace counts.
    pub pid: i32,
    /// When it started, in clock ticks since boot.
    pub started: u64,
}

/// The id of this boot.
pub fn boot_id() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned())
}

/// State letter and start time of a pid.
fn stat(pid: i32) -> io::Result<(char, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse_stat(&text).ok_or_else(|| io::Error::other("unreadable /proc/PID/stat"))
}

/// The command's name may hold spaces and brackets, so the fields are counted from the last bracket.
fn parse_stat(text: &str) -> Option<(char, u64)> {
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let started = fields.nth(18)?.parse().ok()?;
    Some((state, started))
}

impl Process {
    /// The process that has this pid now.
    pub fn of(pid: i32) -> io::Result<Self> {
        Ok(Self {
            boot: boot_id()?,
            pid,
            started: stat(pid)?.1,
        })
    }

    /// True while it runs. A zombie is dead: where nobody reaps it, its pid and start time still match.
    pub fn is_alive(&self) -> bool {
        let same_boot = boot_id().is_ok_and(|boot| boot == self.boot);
        same_boot
            && stat(self.pid).is_ok_and(|(state, started)| {
                started == self.started && !matches!(state, 'Z' | 'X')
            })
    }

    /// A descriptor of it, if it is alive.
    fn open(&self) -> Option<OwnedFd> {
        // SAFETY: pidfd_open takes two integers and gives a new descriptor or -1.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, self.pid, 0) };
        let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0)?;
        // SAFETY: the kernel just gave us this descriptor, nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        // Looked at after opening: a pid that was used again in between has another start time.
        self.is_alive().then_some(fd)
    }

    /// Kills it and waits until it is gone; false when it is still there after `bound`.
    pub async fn kill(&self, bound: Duration) -> bool {
        let Some(fd) = self.open() else { return true };
        send(&fd, libc::SIGKILL);
        self.wait(bound).await
    }

    /// Waits until it is gone; false when it is still there after `bound`.
    pub async fn wait(&self, bound: Duration) -> bool {
        let Some(fd) = self.open() else { return true };
        let Ok(fd) = super::watch::readable(&fd) else {
            return false;
        };
        tokio::time::timeout(bound, fd.readable()).await.is_ok()
    }
}

/// Sends a signal through a pidfd; a process that is gone already is fine.
fn send(fd: &OwnedFd, signal: i32) {
    // SAFETY: the descriptor is a live pidfd, the info pointer may be null, flags are 0.
    unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            fd.as_raw_fd(),
            signal,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let text = "42 (a) Z (b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20";
        assert_eq!(parse_stat(text), Some(('S', 777)));
    }

    #[test]
    fn this_process_is_alive_and_another_boot_is_not() {
        let me = Process::of(std::process::id().cast_signed()).unwrap();
        assert!(me.is_alive());
        let earlier = Process {
            boot: "another".into(),
            ..me.clone()
        };
        assert!(!earlier.is_alive());
        let reused = Process {
            started: me.started + 1,
            ..me
        };
        assert!(!reused.is_alive());
    }

    #[tokio::test]
    async fn a_zombie_is_dead() {
        let mut child = std::process::Command::new("/bin/sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let process = Process::of(child.id().cast_signed()).unwrap();
        assert!(process.is_alive());
        assert!(process.kill(Duration::from_secs(5)).await);
        assert!(!process.is_alive(), "not reaped yet, and dead all the same");
        child.wait().unwrap();
    }
}
