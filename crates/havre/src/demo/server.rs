//! A server of the demo's own: the ordinary `havre serve` as a child, in a folder that is thrown away.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::client::{Client, NO_QUERY};
use crate::config::SETTINGS;
use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::serve::{control_socket, gateway_holder};
use crate::text;

const UP_WITHIN: Duration = Duration::from_secs(60);
const DOWN_WITHIN: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(50);
/// Lines of the server's log that are shown after a failure.
const TROUBLES: usize = 30;

/// A running server.
pub struct Server {
    child: Child,
    data_dir: PathBuf,
    log: PathBuf,
    /// Its API.
    pub client: Client,
    /// Where its apps answer.
    pub gateway: SocketAddr,
}

impl Server {
    /// Starts a server that admits the repositories below `repos`.
    pub async fn start(top: &Path, repos: &Path) -> Result<Self, Fault> {
        let listen = usual_or_free(5000)?;
        let gateway = usual_or_free(8080)?;
        let data_dir = top.join("data");
        let log = top.join("serve.log");
        let child = spawn(top, &data_dir, repos, &log, (listen, gateway)).map_err(|error| {
            Fault::new(Exit::Platform, text::demo_no_server(&log)).why(error.to_string())
        })?;
        let mut server = Self {
            child,
            data_dir,
            log,
            client: Client::new(&format!("http://{listen}"))?,
            gateway,
        };
        server.until_up().await?;
        Ok(server)
    }

    async fn until_up(&mut self) -> Result<(), Fault> {
        let log = self.log.clone();
        let failed = || {
            let tail = std::fs::read_to_string(&log).unwrap_or_default();
            Fault::new(Exit::Platform, text::demo_no_server(&log)).why(tail.trim().to_owned())
        };
        let client = self.client.clone();
        let up = async {
            while client.get(&["health"], NO_QUERY).await.is_err() {
                tokio::time::sleep(GLANCE).await;
            }
        };
        tokio::select! {
            up = tokio::time::timeout(UP_WITHIN, up) => up.map_err(|_| failed()),
            _ = self.child.wait() => Err(failed()),
        }
    }

    /// Shows the newest warnings and errors of the server's log, which goes with the demo's folder.
    pub fn tell_troubles(&self, screen: Screen) {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let troubles: Vec<&str> = log
            .lines()
            .filter(|line| line.contains(" WARN ") || line.contains(" ERROR "))
            .collect();
        if !troubles.is_empty() {
            screen.say(text::DEMO_LOG);
        }
        for line in troubles.iter().rev().take(TROUBLES).rev() {
            screen.say(line);
        }
    }

    /// Ends the server and its gateway, and waits until both are gone.
    pub async fn stop(mut self) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if tokio::time::timeout(DOWN_WITHIN, self.child.wait())
            .await
            .is_err()
        {
            let _ = self.child.kill().await;
        }
        let control = control_socket(&self.data_dir);
        let gone = async {
            while let Some(pid) = gateway_holder(&control).await {
                let _ = kill(pid, Signal::SIGTERM);
                tokio::time::sleep(GLANCE).await;
            }
        };
        let _ = tokio::time::timeout(DOWN_WITHIN, gone).await;
    }
}

fn spawn(
    top: &Path,
    data_dir: &Path,
    repos: &Path,
    log: &Path,
    (listen, gateway): (SocketAddr, SocketAddr),
) -> std::io::Result<Child> {
    let log = File::create(log)?;
    let mut command = Command::new(std::env::current_exe()?);
    // Settings of this shell are for its own server, not for the demo's.
    let names = SETTINGS.iter().flat_map(|setting| setting.env);
    for name in names.chain(&["APP_HOST", "APP_PORT", "NOTIFY_SOCKET"]) {
        command.env_remove(name);
    }
    command
        .args([
            "serve",
            "--listen",
            &listen.to_string(),
            "--gateway",
            &gateway.to_string(),
        ])
        .arg("--data-dir")
        .arg(data_dir)
        .env("HAVRE_ALLOW_LOCAL_GIT", repos)
        .env("HAVRE_LOG", "info")
        .env("NO_COLOR", "1")
        .current_dir(top)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C is for the demo: it ends the server once the apps are gone.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// The port that users expect, or any free one where somebody else has it.
fn usual_or_free(usual: u16) -> Result<SocketAddr, Fault> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    bind(usual)
        .or_else(|_| bind(0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Fault::new(Exit::Platform, text::demo_no_port(&error.to_string())))
}
