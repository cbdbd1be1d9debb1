//! The loop of the first process: orders from the shim, ended children, clients that want a connection.

use std::os::fd::{AsFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;

use super::super::link::{Link, Order, Word};
use super::super::wire::Launch;
use super::app::{self, Prepared};
use super::boot::{Inherited, port};
use super::handout::{self, Pending};

struct Serving {
    link: Link,
    output: OwnedFd,
    command: Result<Prepared, String>,
    running: Option<Pid>,
}

/// Serves until the shim is gone.
pub fn run(launch: &Launch, inherited: Inherited) {
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGCHLD);
    let _ = mask.thread_block();
    let Ok(children) = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
    else {
        return;
    };
    let mut serving = Serving {
        link: inherited.link,
        output: inherited.output,
        command: Prepared::new(&launch.command),
        running: None,
    };
    let door = inherited.listener.zip(port(launch));
    let mut pending: Vec<Pending> = Vec::new();
    loop {
        let ready = wait(
            &serving.link,
            &children,
            door.as_ref().map(|(fd, _)| fd),
            &pending,
        );
        if ready.order && !serving.obey() {
            return;
        }
        if ready.child {
            while let Ok(Some(_)) = children.read_signal() {}
            serving.reap();
        }
        for index in ready.connections.into_iter().rev() {
            let one = pending.swap_remove(index);
            handout::go_on(one, &mut pending);
        }
        if let (true, Some((listener, port))) = (ready.client, &door) {
            handout::accept(listener, *port, &mut pending);
        }
    }
}

/// What is ready.
#[derive(Default)]
struct Ready {
    order: bool,
    child: bool,
    client: bool,
    connections: Vec<usize>,
}

fn wait(
    link: &Link,
    children: &SignalFd,
    listener: Option<&OwnedFd>,
    pending: &[Pending],
) -> Ready {
    let mut fds = vec![
        PollFd::new(link.as_fd(), PollFlags::POLLIN),
        PollFd::new(children.as_fd(), PollFlags::POLLIN),
    ];
    let room = pending.len() < handout::MOST;
    let listener = listener.filter(|_| room);
    fds.extend(listener.map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
    let first = fds.len();
    fds.extend(
        pending
            .iter()
            .map(|one| PollFd::new(one.tcp(), PollFlags::POLLOUT)),
    );
    if poll(&mut fds, PollTimeout::NONE).is_err() {
        return Ready::default();
    }
    let is_ready = |fd: &PollFd<'_>| fd.any().unwrap_or(true);
    Ready {
        order: is_ready(&fds[0]),
        child: is_ready(&fds[1]),
        client: listener.is_some() && is_ready(&fds[2]),
        connections: (first..fds.len())
            .filter(|i| is_ready(&fds[*i]))
            .map(|i| i - first)
            .collect(),
    }
}

impl Serving {
    /// False when the shim is gone.
    fn obey(&mut self) -> bool {
        let order = match self.link.receive::<Order>() {
            Ok(Some((order, _))) => order,
            Ok(None) | Err(_) => return false,
        };
        match order {
            Order::Build => {}
            Order::Start => self.start(),
            Order::Terminate => self.terminate(),
            Order::Clear => app::signal_all(Signal::SIGKILL),
            Order::Pause => app::signal_all(Signal::SIGSTOP),
            Order::Continue => app::signal_all(Signal::SIGCONT),
        }
        true
    }

    fn start(&mut self) {
        let started = match &self.command {
            Ok(command) => app::start(command, &self.output).map_err(|error| error.to_string()),
            Err(why) => Err(why.clone()),
        };
        match started {
            Ok(pid) => self.running = Some(pid),
            Err(why) => {
                let _ = nix::unistd::write(&self.output, format!("havre: {why}\n").as_bytes());
                // As a shell would say it.
                let _ = self.link.send(&Word::Exited(127 << 8));
            }
        }
    }

    /// The app's whole session first hears of it; a shell in front of the app may not pass it on.
    fn terminate(&self) {
        if let Some(pid) = self.running {
            let session = Pid::from_raw(-pid.as_raw());
            // Between fork and its first step it has no session of its own yet.
            let _ = kill(session, Signal::SIGTERM).or_else(|_| kill(pid, Signal::SIGTERM));
        }
    }

    /// Reaps everything; what the app left behind ends with it.
    fn reap(&mut self) {
        loop {
            let mut status = 0;
            // SAFETY: a live integer for the status. The typed wrapper refuses real-time signals, which apps may die of.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
            if pid <= 0 {
                return;
            }
            self.ended(Pid::from_raw(pid), status);
        }
    }

    fn ended(&mut self, pid: Pid, status: i32) {
        if self.running == Some(pid) {
            self.running = None;
            app::signal_all(Signal::SIGKILL);
            let _ = self.link.send(&Word::Exited(status));
        }
    }
}
