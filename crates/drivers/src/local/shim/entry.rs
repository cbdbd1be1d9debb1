//! The entry of the re-exec'd binary, before any thread exists.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::unistd::{ForkResult, fork, setsid};

use super::super::trouble::{On, Trouble};
use super::super::wire::{Event, Launch, Work};
use super::{command, service};

/// The first argument that makes the binary a shim.
pub const GUEST_COMMAND: &str = "__guest";

/// Runs a shim: `args` are those after [`GUEST_COMMAND`]. Call it before any runtime or thread exists. Its standard
/// input is the socket to the controller.
pub fn guest_main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let detached = args
        .into_iter()
        .next()
        .is_some_and(|kind| kind == "service");
    if detached && !detach() {
        return ExitCode::SUCCESS;
    }
    let Ok(stdin) = std::io::stdin().as_fd().try_clone_to_owned() else {
        return ExitCode::FAILURE;
    };
    let mut controller = Controller(UnixStream::from(stdin));
    match controller
        .launch()
        .and_then(|launch| work(&launch, &mut controller))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            let _ = controller.tell(&Event::Failed(trouble.to_string()));
            ExitCode::FAILURE
        }
    }
}

fn work(launch: &Launch, controller: &mut Controller) -> Result<(), Trouble> {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    match launch.work {
        Work::Command => command::run(launch, controller),
        Work::Service { .. } => service::run(launch, controller),
    }
}

/// Leaves the controller's session and its children: a service outlives it. False in the process that is to end.
fn detach() -> bool {
    // SAFETY: nothing else runs in this process yet.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => setsid().is_ok(),
        _ => false,
    }
}

/// The controller's end, as the shim sees it.
pub struct Controller(UnixStream);

impl Controller {
    /// What is to be done: four bytes of length, then JSON.
    fn launch(&mut self) -> Result<Launch, Trouble> {
        let what = "read what to launch";
        let mut length = [0u8; 4];
        self.0.read_exact(&mut length).on(what)?;
        let mut bytes = vec![0u8; u32::from_le_bytes(length) as usize];
        self.0.read_exact(&mut bytes).on(what)?;
        serde_json::from_slice(&bytes).on(what)
    }

    /// Tells it something; it may be gone.
    pub fn tell(&mut self, event: &Event) -> Result<(), Trouble> {
        let mut line = serde_json::to_vec(event).on("write an event")?;
        line.push(b'\n');
        self.0.write_all(&line).on("tell the controller")
    }

    /// Hangs up.
    pub fn close(&self) -> std::io::Result<()> {
        self.0.shutdown(std::net::Shutdown::Both)
    }

    /// The socket, to see when the controller goes away.
    pub fn socket(&self) -> Result<OwnedFd, Trouble> {
        self.0
            .as_fd()
            .try_clone_to_owned()
            .on("watch the controller")
    }
}
