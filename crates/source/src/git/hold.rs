//! Holds a child: limits, a session of its own, and a supervisor that ends the session when the controller dies.
//!
//! A death signal (`PR_SET_PDEATHSIG`) reaches only a direct child, but git works through helpers of its own. So the
//! forked child forks once more: the inner process becomes git, the outer one stays, waits for both ends, and kills the
//! whole session when its parent is gone. The thread that starts a child must wait for it: the signal is bound to it.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Bounds that the kernel keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Seconds of processor time of each process.
    pub cpu_seconds: u64,
    /// Bytes of one written file.
    pub file_bytes: u64,
}

/// Address space of each process: git maps packs and inflates single objects into memory.
const MEMORY: u64 = 4 << 30;
const OPEN_FILES: u64 = 512;
/// Tells the supervisor that its parent is gone.
const PARENT_GONE: libc::c_int = libc::SIGUSR1;

/// Arranges that the child is held. Its pid is the supervisor's, and that of the session.
pub(crate) fn hold(command: &mut Command, limits: Limits) {
    // SAFETY: getpid has no preconditions.
    let parent = unsafe { libc::getpid() };
    // SAFETY: `enter` makes system calls only: no allocation, no lock.
    unsafe { command.pre_exec(move || enter(limits, parent)) };
}

fn enter(limits: Limits, parent: libc::pid_t) -> io::Result<()> {
    // SAFETY: async-signal-safe calls on values of our own, in a process that has one thread.
    unsafe {
        check(libc::setsid())?;
        let mut all = std::mem::zeroed::<libc::sigset_t>();
        libc::sigfillset(&raw mut all);
        check(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const all,
            std::ptr::null_mut(),
        ))?;
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        check(libc::prctl(libc::PR_SET_PDEATHSIG, PARENT_GONE))?;
        if libc::getppid() != parent {
            libc::_exit(1);
        }
        let supervisor = libc::getpid();
        match check(libc::fork())? {
            0 => become_git(limits, supervisor),
            git => supervise(git),
        }
    }
}

/// # Safety
/// Only between fork and exec.
unsafe fn become_git(limits: Limits, supervisor: libc::pid_t) -> io::Result<()> {
    // SAFETY: as in `enter`.
    unsafe {
        check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
        if libc::getppid() != supervisor {
            libc::_exit(1);
        }
        let mut none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut none);
        check(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const none,
            std::ptr::null_mut(),
        ))?;
        check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        libc::umask(0o022);
        let bounds = [
            (libc::RLIMIT_CPU, limits.cpu_seconds),
            (libc::RLIMIT_FSIZE, limits.file_bytes),
            (libc::RLIMIT_AS, MEMORY),
            (libc::RLIMIT_NOFILE, OPEN_FILES),
            (libc::RLIMIT_CORE, 0),
        ];
        bounds
            .into_iter()
            .try_for_each(|(resource, bound)| lower(resource, bound))
    }
}

/// Lowers a bound; one that is lower already stays.
///
/// # Safety
/// Only between fork and exec.
unsafe fn lower(resource: libc::__rlimit_resource_t, bound: u64) -> io::Result<()> {
    let mut now = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `now` is a valid place.
    unsafe {
        check(libc::getrlimit(resource, &raw mut now))?;
        let bound = bound.min(now.rlim_max);
        let new = libc::rlimit {
            rlim_cur: bound,
            rlim_max: bound,
        };
        check(libc::setrlimit(resource, &raw const new)).map(drop)
    }
}

/// Waits for the end of git or of the controller, whichever comes first, and never returns.
///
/// # Safety
/// Only in the forked child, with every signal blocked.
unsafe fn supervise(git: libc::pid_t) -> ! {
    // SAFETY: async-signal-safe calls; the process owns nothing that it could damage.
    unsafe {
        close_all();
        let mut awaited = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut awaited);
        libc::sigaddset(&raw mut awaited, libc::SIGCHLD);
        libc::sigaddset(&raw mut awaited, PARENT_GONE);
        loop {
            let mut status = 0;
            if libc::waitpid(git, &raw mut status, libc::WNOHANG) == git {
                libc::_exit(exit_code(status));
            }
            if libc::sigwaitinfo(&raw const awaited, std::ptr::null_mut()) == PARENT_GONE {
                libc::kill(0, libc::SIGKILL);
            }
        }
    }
}

/// Open copies would keep the controller's pipes from ending, that of a failed start among them.
///
/// # Safety
/// Only in a process that needs no descriptor any more.
unsafe fn close_all() {
    // SAFETY: closing takes any number.
    unsafe {
        if libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0) == 0 {
            return;
        }
        // Linux before 5.9.
        let mut most = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut most);
        let most = libc::c_int::try_from(most.rlim_cur).unwrap_or(libc::c_int::MAX);
        for fd in 0..most.min(1 << 20) {
            libc::close(fd);
        }
    }
}

/// As shells tell it: 128 and the signal.
fn exit_code(status: libc::c_int) -> libc::c_int {
    if libc::WIFEXITED(status) {
        libc::WEXITSTATUS(status)
    } else {
        128 + libc::WTERMSIG(status)
    }
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
