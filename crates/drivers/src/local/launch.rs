//! Starting a shim and talking to it, as the controller.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use domain::GuestId;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout, Command};

use super::shim::GUEST_COMMAND;
use super::trouble::{On, Trouble};
use super::wire::{Event, Launch, Work};

/// A shim that was started.
pub struct Shim {
    /// Its process: for a service only the one that goes away at once.
    pub child: Child,
    /// What it says.
    pub events: Events,
    /// What the command prints.
    pub output: Option<ChildStdout>,
}

/// The events of a shim. Dropping it tells a command's shim to end.
pub struct Events(BufReader<UnixStream>);

/// Starts a shim and tells it what to do.
pub async fn start(exe: &Path, launch: &Launch) -> Result<Shim, Trouble> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().on("make a socket pair")?;
    ours.set_nonblocking(true).on("prepare the socket")?;
    let is_service = matches!(launch.work, Work::Service { .. });
    let mut child = command(exe, is_service, &launch.guest)
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stdout(if is_service {
            Stdio::null()
        } else {
            Stdio::piped()
        })
        .spawn()
        .on(format!("run {}", exe.display()))?;
    let output = child.stdout.take();
    let mut socket = UnixStream::from_std(ours).on("prepare the socket")?;
    let bytes = serde_json::to_vec(launch).on("write what to launch")?;
    let length = u32::try_from(bytes.len())
        .map_err(io::Error::other)
        .on("write what to launch")?;
    socket
        .write_all(&length.to_le_bytes())
        .await
        .on("tell the shim")?;
    socket.write_all(&bytes).await.on("tell the shim")?;
    Ok(Shim {
        child,
        events: Events(BufReader::new(socket)),
        output,
    })
}

/// Nothing of the server's environment goes along, and Ctrl-C at the server's terminal does not reach it.
fn command(exe: &Path, is_service: bool, guest: &GuestId) -> Command {
    let mut command = Command::new(exe);
    command
        .args([
            GUEST_COMMAND,
            if is_service { "service" } else { "command" },
            guest.as_str(),
        ])
        .env_clear()
        .current_dir("/")
        .process_group(0)
        .stderr(Stdio::null());
    command
}

impl Events {
    /// The next event; none when the shim is gone.
    pub async fn next(&mut self) -> io::Result<Option<Event>> {
        let mut line = String::new();
        if self.0.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&line)?))
    }

    /// Waits until the walls stand. The inner result is what the shim says.
    pub async fn ready(&mut self, bound: Duration) -> Result<Ready, Trouble> {
        let event = tokio::time::timeout(bound, self.next()).await;
        let event = event.map_err(io::Error::other).on("wait for the shim")?;
        match event.on("hear the shim")? {
            Some(Event::Ready {
                no_network,
                landlock,
            }) => Ok(Ready {
                no_network,
                landlock,
            }),
            Some(Event::Failed(why)) => Err(Trouble::new("make the sandbox", why)),
            Some(Event::Ended(_)) | None => Err(Trouble::new("make the sandbox", "its shim ended")),
        }
    }
}

/// A guest whose walls stand.
#[derive(Debug)]
pub struct Ready {
    /// Why there is no network.
    pub no_network: Option<String>,
    /// Landlock holds.
    pub landlock: bool,
}
