//! The gateway process: adopted when a good one runs, started otherwise, started again when it dies.

use std::fs::OpenOptions;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use gateway::{GatewayClient, Status};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::DataDir;
use crate::config::Settings;
use crate::exit::{Exit, Fault};
use crate::text;

/// How long a gateway may take to come up, or to go.
const UP_WITHIN: Duration = Duration::from_secs(15);
const GLANCE: Duration = Duration::from_millis(20);
/// How often a gateway that is not our child and closes idle connections is looked at.
const WATCH: Duration = Duration::from_secs(1);
/// Silent this often in a row, it counts as gone.
const SILENT: u32 = 3;
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Where the gateway of a data folder listens for its controller.
pub fn control_socket(data_dir: &Path) -> PathBuf {
    data_dir.join("gateway").join("control.sock")
}

/// How to start a gateway, and how to tell ours.
pub struct Gateway {
    exe: PathBuf,
    listen: SocketAddr,
    base_domain: String,
    control: PathBuf,
    state: PathBuf,
    log: PathBuf,
    client: GatewayClient,
}

impl Gateway {
    /// The gateway of this data folder.
    pub fn of(settings: &Settings, data_dir: &DataDir) -> Result<Self, Fault> {
        let exe = std::env::current_exe()
            .map_err(|error| Fault::new(Exit::Platform, text::no_exe(&error.to_string())))?;
        let control = control_socket(data_dir.path());
        Ok(Self {
            exe,
            listen: settings.gateway,
            base_domain: settings.base_domain.clone(),
            state: data_dir.folder("gateway")?.join("routes.json"),
            log: data_dir.folder("logs")?.join("gateway.log"),
            client: GatewayClient::new(control.clone()),
            control,
        })
    }

    /// Its client.
    pub fn client(&self) -> GatewayClient {
        self.client.clone()
    }

    /// Makes sure that one runs: the one that is there, if it is as wanted; else a new one.
    pub async fn ensure(&self) -> Result<Option<Child>, Fault> {
        match self.client.status().await {
            Ok(status) if self.is_wanted(&status) => {
                tracing::info!(pid = status.pid, "the running gateway is taken over");
                return Ok(None);
            }
            _ => self.end_unwanted().await?,
        }
        self.start().await.map(Some)
    }

    fn is_wanted(&self, status: &Status) -> bool {
        status.version == env!("CARGO_PKG_VERSION")
            && (status.listen == self.listen || self.listen.port() == 0)
            && status.base_domain == self.base_domain
    }

    /// Ends whoever holds the control socket: another version, or one that listens elsewhere. The socket is in our own
    /// data folder, so it is a gateway of ours.
    async fn end_unwanted(&self) -> Result<(), Fault> {
        let Some(pid) = holder(&self.control).await else {
            return Ok(());
        };
        tracing::info!(pid = pid.as_raw(), "another gateway is ended");
        let _ = kill(pid, Signal::SIGTERM);
        self.until(async |this: &Self| holder(&this.control).await.is_none())
            .await
    }

    async fn start(&self) -> Result<Child, Fault> {
        self.address_is_free()?;
        let mut child = self.spawn().map_err(|error| {
            Fault::new(Exit::Platform, text::gateway_does_not_come(&self.log))
                .why(error.to_string())
        })?;
        let up = self.until(async |this: &Self| this.client.status().await.is_ok());
        tokio::select! {
            up = up => up.map(|()| child),
            _ = child.wait() => Err(Fault::new(Exit::Platform, text::gateway_does_not_come(&self.log))),
        }
    }

    /// Told before anything is started, so that the reason reaches the terminal and not only a log file.
    fn address_is_free(&self) -> Result<(), Fault> {
        TcpListener::bind(self.listen).map(drop).map_err(|error| {
            let what = if error.kind() == std::io::ErrorKind::AddrInUse {
                text::gateway_address_taken(self.listen)
            } else {
                text::cannot_listen(self.listen, &error.to_string())
            };
            Fault::new(Exit::BadInput, what).cure(text::GATEWAY_ADDRESS_CURE)
        })
    }

    /// In a session of its own (`--detached`), with a log of its own, and none of our environment.
    fn spawn(&self) -> std::io::Result<Child> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.log)?;
        let mut command = Command::new(&self.exe);
        command
            .arg("gateway")
            .arg("--listen")
            .arg(self.listen.to_string())
            .arg("--control")
            .arg(&self.control)
            .arg("--state")
            .arg(&self.state)
            .arg("--base-domain")
            .arg(&self.base_domain)
            .arg("--detached")
            .env_clear()
            .envs(std::env::var_os("HAVRE_LOG").map(|filter| ("HAVRE_LOG", filter)))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(false);
        command.spawn()
    }

    async fn until(&self, done: impl AsyncFn(&Self) -> bool) -> Result<(), Fault> {
        let wait = async {
            while !done(self).await {
                tokio::time::sleep(GLANCE).await;
            }
        };
        tokio::time::timeout(UP_WITHIN, wait)
            .await
            .map_err(|_| Fault::new(Exit::Platform, text::gateway_does_not_come(&self.log)))
    }

    /// Watches the gateway for ever and starts it again when it is gone.
    pub async fn keep(self, mut child: Option<Child>) {
        let mut pause = Duration::ZERO;
        loop {
            self.until_gone(child.take()).await;
            tracing::warn!(?pause, "the gateway is gone; it is started again");
            tokio::time::sleep(pause).await;
            match self.ensure().await {
                Ok(new) => {
                    child = new;
                    pause = Duration::from_millis(200);
                }
                Err(fault) => {
                    tracing::error!(%fault, why = fault.why.as_deref(), "the gateway does not start");
                    pause = (pause * 2).clamp(Duration::from_millis(200), LONGEST_PAUSE);
                }
            }
        }
    }

    /// Returns once the process has ended (a child), or does not answer any more (one that was taken over).
    async fn until_gone(&self, child: Option<Child>) {
        if let Some(mut child) = child {
            drop(child.wait().await);
            return;
        }
        let mut silent = 0;
        while silent < SILENT {
            self.until_cut().await;
            match self.client.status().await {
                Ok(_) => {
                    silent = 0;
                    tokio::time::sleep(WATCH).await;
                }
                Err(_) => {
                    silent += 1;
                    tokio::time::sleep(GLANCE).await;
                }
            }
        }
    }

    /// An idle connection to the control socket ends in the moment when the gateway does.
    async fn until_cut(&self) {
        if let Ok(mut stream) = UnixStream::connect(&self.control).await {
            drop(stream.read_u8().await);
        }
    }
}

/// The process at the other end of a control socket, as the kernel knows it.
pub async fn holder(control: &Path) -> Option<Pid> {
    let stream = UnixStream::connect(control).await.ok()?;
    let pid = stream.peer_cred().ok()?.pid()?;
    Some(Pid::from_raw(pid))
}
