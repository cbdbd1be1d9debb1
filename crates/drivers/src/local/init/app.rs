//! Starting the app and ending what it left.

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use nix::fcntl::OFlag;
use nix::sys::signal::{SigHandler, SigSet, Signal, kill, signal};
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, Pid, execve, fork};

use super::super::wire::Command;

/// A command made ready to be exec'd.
pub struct Prepared {
    argv: Vec<CString>,
    env: Vec<CString>,
    program: CString,
    dir: CString,
}

impl Prepared {
    /// Looks the program up as a shell would, inside the guest.
    pub fn new(command: &Command) -> Result<Self, String> {
        let text =
            |text: &str| CString::new(text).map_err(|_| "a NUL byte in the command".to_owned());
        let name = command.argv.first().ok_or("an empty command")?;
        let argv: Result<Vec<_>, _> = command.argv.iter().map(|part| text(part)).collect();
        let env: Result<Vec<_>, _> = command
            .env
            .iter()
            .map(|(name, value)| text(&format!("{name}={value}")))
            .collect();
        Ok(Self {
            argv: argv?,
            env: env?,
            program: text(&find(name, command)?)?,
            dir: text(&command.dir.to_string_lossy())?,
        })
    }
}

fn find(name: &str, command: &Command) -> Result<String, String> {
    if name.contains('/') {
        return Ok(name.to_owned());
    }
    let path = command.env.iter().find(|(name, _)| name == "PATH");
    let folders = path.map_or("", |(_, value)| value).split(':');
    let mut candidates = folders.map(|folder| format!("{folder}/{name}"));
    candidates
        .find(|candidate| {
            let executable = nix::unistd::AccessFlags::X_OK;
            Path::new(candidate).is_file()
                && nix::unistd::access(candidate.as_str(), executable).is_ok()
        })
        .ok_or_else(|| format!("{name}: not found in PATH"))
}

/// Starts it in a session of its own; output goes to `output`.
pub fn start(prepared: &Prepared, output: impl AsFd) -> io::Result<Pid> {
    // SAFETY: this process has one thread, so the child may do what it likes.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let Err(error) = become_app(prepared, &output);
            let message = format!(
                "havre: cannot run {}: {error}\n",
                prepared.program.to_string_lossy()
            );
            let _ = nix::unistd::write(&output, message.as_bytes());
            // SAFETY: ends this child without running the parent's destructors.
            unsafe { libc::_exit(127) }
        }
    }
}

fn become_app(prepared: &Prepared, output: &impl AsFd) -> nix::Result<Infallible> {
    nix::unistd::setsid()?;
    nix::sys::stat::umask(Mode::from_bits_truncate(0o022));
    // SAFETY: default handlers are always sound; the Rust runtime of the shim had ignored SIGPIPE.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl)? };
    SigSet::all().thread_unblock()?;
    let null = nix::fcntl::open(
        "/dev/null",
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    nix::unistd::dup2_stdin(&null)?;
    nix::unistd::dup2_stdout(output)?;
    nix::unistd::dup2_stderr(output)?;
    // When memory runs out the app goes first, never the process that watches it.
    let _ = std::fs::write("/proc/self/oom_score_adj", "500");
    // SAFETY: everything above 2 belongs to the parent's image, which is about to be replaced.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            i32::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    nix::unistd::chdir(prepared.dir.as_c_str())?;
    execve(&prepared.program, &prepared.argv, &prepared.env)
}

/// Sends a signal to everything inside but this process.
pub fn signal_all(signal: Signal) {
    let _ = kill(Pid::from_raw(-1), signal);
}
