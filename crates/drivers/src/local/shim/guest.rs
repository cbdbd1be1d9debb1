//! Making a guest's first process and everything that must be done to it from outside.

use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::TimeVal;
use nix::unistd::Pid;

use super::super::cgroup::Group;
use super::super::files;
use super::super::init;
use super::super::layout::GuestDir;
use super::super::link::{Link, Order, Word};
use super::super::sandbox::write_maps;
use super::super::trouble::{On, Trouble};
use super::super::wire::Launch;

/// Building the walls takes milliseconds; a host that needs longer than this is broken.
const BUILD_BOUND: Duration = Duration::from_secs(20);

/// A guest whose walls stand; its app is not started yet.
pub struct Guest {
    /// Its first process.
    pub init: Pid,
    /// The same, as a descriptor that becomes readable when it ends.
    pub pidfd: OwnedFd,
    /// Orders to it, words from it.
    pub link: Link,
    /// Its control groups.
    pub group: Option<Group>,
    /// The packets of its network.
    pub packets: Option<OwnedFd>,
    /// Why it has no network, if it should have one.
    pub no_network: Option<String>,
    /// Landlock holds.
    pub landlock: bool,
}

/// Makes it.
pub fn make(launch: &Launch, output: OwnedFd, listener: Option<OwnedFd>) -> Result<Guest, Trouble> {
    let group = groups(launch)?;
    let (ours, theirs) = Link::pair().on("make the link")?;
    let inherited = init::Inherited {
        link: theirs,
        output,
        listener,
    };
    let (init, pidfd, ours) = clone(launch, inherited, ours)?;
    let guest = Guest {
        init,
        pidfd,
        link: ours,
        group,
        packets: None,
        no_network: None,
        landlock: false,
    };
    guest.build(launch)
}

fn groups(launch: &Launch) -> Result<Option<Group>, Trouble> {
    let Some(placement) = &launch.cgroup else {
        return Ok(None);
    };
    // Written before the group is made, so that whoever cleans up knows where it is.
    let file = GuestDir(launch.dir.clone()).cgroup();
    files::write_json(&file, placement, false).on("note the control groups")?;
    let group = Group::named(placement, launch.guest.as_str());
    group.make(&launch.limits)?;
    Ok(Some(group))
}

const NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWNET;

/// A fork into new namespaces. The parent's end of the link is closed in the child, or it would never see the parent go.
fn clone(
    launch: &Launch,
    inherited: init::Inherited,
    ours: Link,
) -> Result<(Pid, OwnedFd, Link), Trouble> {
    let mut pidfd: i32 = -1;
    let flags = i64::from(NAMESPACES | libc::SIGCHLD | libc::CLONE_PIDFD);
    // SAFETY: without a stack and without CLONE_VM this is a fork, and this process has one thread; the kernel writes
    // the descriptor into a live integer.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, &raw mut pidfd, 0, 0) };
    match i32::try_from(pid).unwrap_or(-1) {
        0 => {
            drop(ours);
            init::run(launch, inherited);
            // SAFETY: ends the child without the parent's destructors.
            unsafe { libc::_exit(0) }
        }
        pid if pid > 0 => {
            // SAFETY: the kernel just gave us this descriptor.
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok((Pid::from_raw(pid), pidfd, ours))
        }
        _ => Err(std::io::Error::last_os_error()).on("make the namespaces"),
    }
}

impl Guest {
    fn build(mut self, launch: &Launch) -> Result<Self, Trouble> {
        let built = self.enter(launch).and_then(|()| self.hear());
        match built {
            Ok(()) => Ok(self),
            Err(trouble) => {
                self.end();
                Err(trouble)
            }
        }
    }

    fn enter(&self, launch: &Launch) -> Result<(), Trouble> {
        if let Some(group) = &self.group {
            group.add(self.init.as_raw())?;
        }
        write_maps(self.init.as_raw(), launch.ids)?;
        let bound = TimeVal::new(BUILD_BOUND.as_secs().cast_signed(), 0);
        setsockopt(&self.link, sockopt::ReceiveTimeout, &bound).on("bound the wait")?;
        self.link
            .send(&Order::Build)
            .on("tell the first process to build")
    }

    /// Listens until the walls stand.
    fn hear(&mut self) -> Result<(), Trouble> {
        loop {
            match self.link.receive().on("wait for the first process")? {
                Some((Word::Network, packets)) => self.packets = packets,
                Some((Word::NoNetwork(why), _)) => self.no_network = Some(why),
                Some((Word::Built(landlock), _)) => {
                    self.landlock = landlock;
                    return self.link.set_nonblocking().on("prepare the link");
                }
                Some((Word::Failed(why), _)) => return Err(Trouble::new("build the walls", why)),
                Some((Word::Exited(_), _)) => {}
                None => return Err(Trouble::new("build the walls", "the first process ended")),
            }
        }
    }

    /// How many of its processes were killed for memory.
    pub fn oom_kills(&self) -> u64 {
        self.group.as_ref().map_or(0, Group::oom_kills)
    }

    /// Ends everything inside and removes the control groups. Waits for the kernel to be done, within reason.
    pub fn end(&self) {
        let _ = nix::sys::signal::kill(self.init, nix::sys::signal::Signal::SIGKILL);
        if let Some(group) = &self.group {
            let _ = group.freeze(false);
        }
        let _ = nix::sys::wait::waitpid(self.init, None);
        if let Some(group) = &self.group {
            for _ in 0..200 {
                if group.end() {
                    return;
                }
                let _ = nix::poll::poll(&mut [], 5u8);
            }
        }
    }
}
