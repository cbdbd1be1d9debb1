//! The first moments: from a bare clone to a process that can start the app.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::sys::prctl;
use nix::sys::signal::Signal;

use super::super::link::{Link, Order, Word, fitting};
use super::super::sandbox::{self, Sources};
use super::super::trouble::{On, Trouble};
use super::super::wire::{Launch, Work};
use super::serve;

/// What the first process keeps of the shim's descriptors.
pub struct Inherited {
    /// To the shim.
    pub link: Link,
    /// Where the app's output goes.
    pub output: OwnedFd,
    /// Hands out connections; for services.
    pub listener: Option<OwnedFd>,
}

/// The whole life of the first process. Returns when the shim is gone or told it to end; everything inside ends with it.
pub fn run(launch: &Launch, inherited: Inherited) {
    // The shim's death ends the guest, also while a wall is being built.
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let Ok(Some((Order::Build, _))) = inherited.link.receive::<Order>() else {
        return;
    };
    match build(launch, &inherited) {
        Ok(landlock) => {
            if inherited.link.send(&Word::Built(landlock)).is_ok() {
                serve::run(launch, inherited);
            }
        }
        Err(trouble) => {
            let _ = inherited
                .link
                .send(&Word::Failed(fitting(&trouble.to_string())));
        }
    }
}

fn build(launch: &Launch, inherited: &Inherited) -> Result<bool, Trouble> {
    close_others(inherited)?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
    nix::unistd::setsid().on("start a session")?;
    network(launch, &inherited.link)?;
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWCGROUP).on("hide the control groups")?;
    nix::unistd::sethostname(&launch.hostname).on("set the host name")?;
    let sources = Sources::open(launch)?;
    sandbox::become_app(launch.ids)?;
    // A change of user forgets it.
    prctl::set_pdeathsig(Signal::SIGKILL).on("end with the shim")?;
    sandbox::build_root(launch, &sources)?;
    drop(sources);
    sandbox::apply_rlimits(&launch.limits, launch.cgroup.is_none())?;
    sandbox::drop_capabilities()?;
    // The app has the same user: it must not look into this process.
    prctl::set_dumpable(false).on("hide the first process")?;
    let landlock = sandbox::restrict_files(&writable(launch), &readable(launch))?;
    sandbox::restrict_calls()?;
    Ok(landlock)
}

/// Below these the app may write, as far as the mounts allow it.
fn writable(launch: &Launch) -> Vec<&str> {
    let bound = launch.binds.iter().filter(|bind| bind.writable);
    ["/app", "/tmp", "/dev", "/proc"]
        .into_iter()
        .chain(bound.filter_map(|bind| bind.to.to_str()))
        .collect()
}

fn readable(launch: &Launch) -> Vec<&str> {
    let bound = launch.binds.iter().filter(|bind| !bind.writable);
    bound.filter_map(|bind| bind.to.to_str()).collect()
}

/// The host's network ends here; the way out, if any, is the shim's business.
fn network(launch: &Launch, link: &Link) -> Result<(), Trouble> {
    super::super::network::raise_loopback()?;
    if !launch.network {
        return Ok(());
    }
    match super::super::network::inside() {
        Ok(packets) => link.send_with(&Word::Network, Some(packets.as_fd())),
        Err(why) => link.send(&Word::NoNetwork(fitting(&why))),
    }
    .on("tell the shim about the network")
}

/// Of the shim's descriptors only those that are named stay; 0 to 2 become `/dev/null` and the output.
fn close_others(inherited: &Inherited) -> Result<(), Trouble> {
    let null = std::fs::File::open("/dev/null").on("open /dev/null")?;
    nix::unistd::dup2_stdin(&null).on("take /dev/null")?;
    nix::unistd::dup2_stdout(&inherited.output).on("take the output")?;
    nix::unistd::dup2_stderr(&inherited.output).on("take the output")?;
    drop(null);
    let mut kept = vec![inherited.link.as_raw_fd(), inherited.output.as_raw_fd()];
    kept.extend(inherited.listener.as_ref().map(AsRawFd::as_raw_fd));
    kept.sort_unstable();
    let mut from = 3;
    for fd in kept.into_iter().chain([i32::MAX]) {
        close_range(from, fd - 1);
        from = fd.saturating_add(1);
    }
    Ok(())
}

fn close_range(first: i32, last: i32) {
    if first <= last {
        // SAFETY: closes descriptors of this process; those still owned by a value are not in the range, and what else
        // is open was copied from the shim by the fork and has no owner here.
        unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    }
}

/// The port that connections are handed out to.
pub fn port(launch: &Launch) -> Option<u16> {
    match launch.work {
        Work::Service { port, .. } => Some(port),
        Work::Command => None,
    }
}
