//! A real server in a world of its own, that can be killed at any time. Everything it leaves behind fails its test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{Ran, World, free_port};

/// How long anything may take before it counts as hanging.
pub const BOUND: Duration = Duration::from_secs(120);

const GLANCE: Duration = Duration::from_millis(20);

/// A server, its gateway and its world.
pub struct Server {
    /// Where its clients run.
    pub world: World,
    child: Option<Child>,
    gateway: u16,
    http: reqwest::Client,
}

/// Why the sandbox cannot be tried here; none when it can.
pub fn why_not() -> Option<String> {
    let report = World::new().run(&["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let failed = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name)?;
        (check["state"] != "ok").then(|| check["what"].as_str().unwrap_or_default().to_owned())
    };
    failed("sandbox").or_else(|| failed("git"))
}

impl Server {
    /// Starts a server that admits the repositories of its world.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with more in its environment.
    pub async fn start_with(more: &[(&str, String)]) -> Self {
        let mut world = World::new();
        let (listen, gateway) = (free_port(), free_port());
        let data = world.work().parent().unwrap().join("data");
        let settings = [
            ("HAVRE_URL", format!("http://127.0.0.1:{listen}")),
            ("HAVRE_LISTEN", format!("127.0.0.1:{listen}")),
            ("HAVRE_GATEWAY", format!("127.0.0.1:{gateway}")),
            ("HAVRE_DATA_DIR", data.to_str().unwrap().to_owned()),
            (
                "HAVRE_ALLOW_LOCAL_GIT",
                world.work().to_str().unwrap().to_owned(),
            ),
        ];
        for (name, value) in settings.iter().chain(more) {
            world.env.insert((*name).to_owned(), value.clone());
        }
        let mut server = Self {
            world,
            child: None,
            gateway,
            http: plain_http().timeout(BOUND).build().unwrap(),
        };
        server.up().await;
        server
    }

    /// Starts the server (again) and waits until it answers.
    pub async fn up(&mut self) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        let mut command = self.world.command(&["serve"]);
        command.stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().unwrap();
        let url = format!("{}/health", self.world.env["HAVRE_URL"]);
        let began = Instant::now();
        while self.http.get(&url).send().await.is_err() {
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none() && began.elapsed() < BOUND,
                "the server did not come up"
            );
            tokio::time::sleep(GLANCE).await;
        }
        self.child = Some(child);
    }

    /// `kill -9`, or SIGTERM, and its end; the exit code.
    pub fn down(&mut self, signal: Signal) -> Option<i32> {
        let mut child = self.child.take()?;
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        child.wait().unwrap().code()
    }

    /// The process of the gateway: exactly one.
    pub fn gateway_pid(&self) -> Pid {
        let found = gateways(&self.world.env["HAVRE_DATA_DIR"]);
        assert_eq!(found.len(), 1);
        found[0]
    }

    /// The gateway is wanted on another port.
    pub fn move_gateway(&mut self, port: u16) {
        self.gateway = port;
        let address = format!("127.0.0.1:{port}");
        self.world.env.insert("HAVRE_GATEWAY".into(), address);
    }

    /// Runs a verb.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.world.run(args)
    }

    /// What an app answers: status and body.
    pub async fn get(&self, name: &str, path: &str) -> (u16, String) {
        let url = format!("http://127.0.0.1:{}{path}", self.gateway);
        let host = format!("{name}.localhost:{}", self.gateway);
        match self.http.get(url).header("host", host).send().await {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap()),
            Err(error) => (0, error.to_string()),
        }
    }

    /// A repository in this world, with these files as its newest commit.
    pub fn commit(&self, repository: &str, files: &[(&str, &str)]) -> String {
        let folder = self.world.work().join(repository);
        if !folder.is_dir() {
            fs::create_dir_all(&folder).unwrap();
            git(&folder, &["init", "--quiet", "--initial-branch=main"]);
        }
        for (path, content) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        git(&folder, &["add", "--all"]);
        git(&folder, &["commit", "--quiet", "--message", "change"]);
        format!("file://{}", folder.display())
    }

    fn log(&self) -> PathBuf {
        self.world.work().join("serve.log")
    }

    /// Ends server and gateway and asserts that nothing is left: no process, no mount.
    pub async fn end(mut self) {
        self.down(Signal::SIGTERM);
        self.end_gateway();
        let data = self.world.env["HAVRE_DATA_DIR"].clone();
        until("nothing is left", async || leftovers(&data).is_empty()).await;
        assert_eq!(leftovers(&data), Vec::<String>::new());
    }

    /// `kill -9` of the gateway.
    pub fn kill_gateway(&self) {
        kill(self.gateway_pid(), Signal::SIGKILL).unwrap();
    }

    fn end_gateway(&self) {
        for pid in gateways(&self.world.env["HAVRE_DATA_DIR"]) {
            let _ = kill(pid, Signal::SIGTERM);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            println!("--- the server's log\n{log}");
            // Guests outlive a server by design, so a failed test removes them through it.
            let list = self.world.run(&["list", "--json"]);
            let list: serde_json::Value = serde_json::from_str(&list.stdout).unwrap_or_default();
            for deployment in list["deployments"].as_array().into_iter().flatten() {
                let name = deployment["name"].as_str().unwrap_or_default();
                let _ = self.world.run(&["destroy", name, "--yes"]);
            }
        }
        self.down(Signal::SIGTERM);
        self.end_gateway();
    }
}

/// Waits for a condition, at most [`BOUND`].
pub async fn until(what: &str, done: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < BOUND, "in vain: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

fn git(folder: &Path, args: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@localhost"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status();
    assert!(status.unwrap().success(), "git {args:?}");
}

fn gateways(data: &str) -> Vec<Pid> {
    processes()
        .filter(|(_, command)| command.contains("\0gateway\0") && command.contains(data))
        .map(|(pid, _)| pid)
        .collect()
}

/// Every process with its command line.
fn processes() -> impl Iterator<Item = (Pid, String)> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        Some((
            Pid::from_raw(pid),
            String::from_utf8_lossy(&command).into_owned(),
        ))
    })
}

/// Processes that hold something below the data folder, and mounts there.
fn leftovers(data: &str) -> Vec<String> {
    let holds = |pid: Pid, command: &str| {
        let place = PathBuf::from(format!("/proc/{pid}"));
        let files = fs::read_dir(place.join("fd"))
            .into_iter()
            .flatten()
            .flatten();
        let mut links: Vec<PathBuf> = files.map(|file| file.path()).collect();
        links.extend([place.join("cwd"), place.join("root")]);
        let linked = |link: &PathBuf| fs::read_link(link).is_ok_and(|to| to.starts_with(data));
        command.contains(data) || links.iter().any(linked)
    };
    let mine = Pid::this();
    let processes = processes()
        .filter(|(pid, command)| *pid != mine && holds(*pid, command))
        .map(|(pid, command)| format!("process {pid}: {}", command.replace('\0', " ")));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mounts = mounts
        .lines()
        .filter(|line| line.contains(data))
        .map(str::to_owned);
    processes.chain(mounts).collect()
}

/// A client without proxy; the provider is what reqwest wants even where nothing is encrypted.
pub fn plain_http() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
