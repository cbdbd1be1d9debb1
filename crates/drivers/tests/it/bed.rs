//! A driver on a data folder of its own, and short ways to use it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::guest::*;
use domain::plan::{Runtime, RuntimeNeed};
use domain::ports::{Driver, DriverError, SystemClock};
use domain::{ArtifactId, DeploymentId, GuestId, Resources};
use drivers::local::{CrashPolicy, LocalConfig, LocalDriver};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

use crate::cases::Case;

/// Everything waits for a condition, and for no longer than this.
pub const BOUND: Duration = Duration::from_secs(20);

pub struct Bed {
    pub driver: Arc<LocalDriver>,
    pub config: LocalConfig,
    pub data: tempfile::TempDir,
    next: std::sync::atomic::AtomicU32,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub end: Result<ExecEnd, DriverError>,
    pub lines: Vec<String>,
}

impl Said {
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.end.as_ref().ok(), Some(&ExecEnd::Code(0)), "{self:?}");
        self.text()
    }
}

impl Bed {
    pub fn new(case: Case) -> Self {
        Self::with(case, |_| {})
    }

    pub fn with(case: Case, change: impl FnOnce(&mut LocalConfig)) -> Self {
        let data = tempfile::Builder::new().prefix("hv").tempdir().unwrap();
        let clock = Arc::new(SystemClock::new(tokio::time::sleep));
        // The whole binary instead, to see that it can be a shim too.
        let exe = std::env::var_os("HAVRE_TEST_EXE");
        let exe = exe.map_or_else(
            || PathBuf::from(env!("CARGO_BIN_EXE_havre-guest")),
            PathBuf::from,
        );
        let mut config = LocalConfig::new(data.path().to_owned(), exe, clock);
        config.tier = case.tier();
        config.crash = CrashPolicy {
            first: Duration::from_millis(10),
            longest: Duration::from_millis(40),
            crashes: 4,
            within: Duration::from_secs(60),
        };
        change(&mut config);
        let driver = Arc::new(LocalDriver::open(config.clone()).unwrap());
        Self {
            driver,
            config,
            data,
            next: 1.into(),
        }
    }

    /// As after a restart of the controller.
    pub fn reopened(&self) -> LocalDriver {
        LocalDriver::open(self.config.clone()).unwrap()
    }

    pub fn spec(&self, role: Role, artifact: Option<ArtifactId>) -> GuestSpec {
        let next = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        GuestSpec {
            id: format!("g{next:012x}").parse().unwrap(),
            deployment: deployment(1),
            release: "550e8400-e29b-41d4-a716-44665544aaaa".parse().unwrap(),
            label: "my-app".parse().unwrap(),
            slot: 7,
            role,
            kind: domain::DeploymentKind::Lxc,
            node: None,
            tags: Vec::new(),
            base: "shell_r1".parse().unwrap(),
            artifact,
            resources: Resources {
                cores: 1,
                memory: 256,
                disk: 1,
            },
            persist: Vec::new(),
        }
    }

    /// Prepares the base that every guest here is made from.
    pub async fn prepare(&self) {
        let shell = RuntimeNeed {
            runtime: Runtime::Shell,
            version: None,
            optional: None,
        };
        let wish = wish(shell, false);
        let base = self.driver.prepare_base(&wish, &|_| {}).await.unwrap();
        assert_eq!(base.id.as_str(), "shell_r1");
    }

    /// A build guest with an empty app folder.
    pub async fn build(&self) -> GuestSpec {
        self.prepare().await;
        let spec = self.spec(Role::Build, None);
        self.driver.create(&spec).await.unwrap();
        spec
    }

    /// An artifact with these files.
    pub async fn artifact(&self, files: &[(&str, &str)]) -> ArtifactId {
        let tree = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = tree.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let build = self.build().await;
        self.driver.put(&build.id, tree.path()).await.unwrap();
        let sealed = self.driver.seal(&build.id).await.unwrap();
        self.driver.destroy(&build.id).await.unwrap();
        sealed.id
    }

    /// A guest that serves these files.
    pub async fn serve(&self, files: &[(&str, &str)]) -> GuestSpec {
        let artifact = self.artifact(files).await;
        let spec = self.spec(Role::Serve, Some(artifact));
        self.driver.create(&spec).await.unwrap();
        spec
    }

    pub async fn sh(&self, guest: &GuestId, line: &str) -> Said {
        self.exec(guest, &command(line)).await
    }

    pub async fn exec(&self, guest: &GuestId, exec: &Exec) -> Said {
        let lines = Mutex::new(Vec::new());
        let end = self
            .driver
            .exec(guest, exec, &|line| lines.lock().unwrap().push(line.text))
            .await;
        Said {
            end,
            lines: lines.into_inner().unwrap(),
        }
    }

    pub async fn app(&self, guest: &GuestId) -> AppState {
        match self.driver.observe(guest).await {
            Observation::Present(seen) => seen.app,
            other => panic!("{guest} is not there: {other:?}"),
        }
    }

    /// Waits until the app stands as asked.
    #[track_caller]
    pub fn until(
        &self,
        guest: &GuestId,
        what: impl Fn(&AppState) -> bool,
    ) -> impl Future<Output = AppState> {
        let (driver, guest) = (self.driver.clone(), guest.clone());
        async move {
            let started = Instant::now();
            loop {
                let seen = driver.observe(&guest).await;
                if let Observation::Present(GuestSeen { app, .. }) = &seen
                    && what(app)
                {
                    return app.clone();
                }
                assert!(started.elapsed() < BOUND, "waited in vain: {seen:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// Asks the app over HTTP until it answers.
    pub async fn get(&self, guest: &GuestId, path: &str) -> String {
        let Upstream::Handout(socket) = self.driver.address(guest).await.unwrap() else {
            panic!("not a handout")
        };
        let request = format!("GET {path} HTTP/1.0\r\nHost: x\r\n\r\n");
        let started = Instant::now();
        loop {
            let (socket, request) = (socket.clone(), request.clone());
            let answer = tokio::task::spawn_blocking(move || ask(&socket, &request))
                .await
                .unwrap();
            match answer {
                Ok(answer) => return answer,
                Err(error) => assert!(started.elapsed() < BOUND, "no answer: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn log(&self, guest: &GuestId) -> String {
        use futures_util::StreamExt;
        let lines = self.driver.logs(guest, &Default::default()).await.unwrap();
        let lines: Vec<String> = lines.map(|line| line.text).collect().await;
        lines.join("\n")
    }

    pub fn local(&self) -> PathBuf {
        self.data.path().join("local")
    }

    /// The state file of a guest, as it is.
    pub fn state(&self, guest: &GuestId) -> serde_json::Value {
        let file = self
            .local()
            .join("guests")
            .join(guest.as_str())
            .join("state.json");
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    }
}

impl Drop for Bed {
    /// Whatever a test left, failed or not, is removed as the driver does it; a test that hid the guests did it itself.
    fn drop(&mut self) {
        let driver = self.driver.clone();
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                for guest in driver.list().await.unwrap_or_default() {
                    driver.destroy(&guest.id).await.unwrap();
                }
            });
        });
        let removed = removed.join();
        assert!(
            removed.is_ok() || std::thread::panicking(),
            "a guest cannot be removed"
        );
    }
}

pub fn deployment(number: u32) -> DeploymentId {
    format!("550e8400-e29b-41d4-a716-{number:012}")
        .parse()
        .unwrap()
}

pub fn command(line: &str) -> Exec {
    Exec {
        tag: "test".into(),
        argv: ["/bin/sh", "-c", line].map(str::to_owned).to_vec(),
        dir: String::new(),
        env: BTreeMap::new(),
        timeout: BOUND,
        registries: false,
    }
}

pub fn service(line: &str) -> Service {
    Service {
        start: ServiceStart::Argv(["/bin/sh", "-c", line].map(str::to_owned).to_vec()),
        dir: String::new(),
        env: BTreeMap::from([("PORT".to_owned(), "8000".to_owned())]),
        port: 8000,
    }
}

/// A server of the app's own files, which every Debian has.
pub fn web() -> Service {
    service("exec /usr/bin/python3 -m http.server $PORT --bind 127.0.0.1")
}

pub fn is_running(app: &AppState) -> bool {
    matches!(app, AppState::Running { .. })
}

fn ask(socket: &Path, request: &str) -> std::io::Result<String> {
    let mut tcp = handed_out(socket)?;
    tcp.set_read_timeout(Some(BOUND))?;
    tcp.write_all(request.as_bytes())?;
    let mut answer = String::new();
    tcp.read_to_string(&mut answer)?;
    Ok(answer)
}

/// One connection, as the gateway gets it.
pub fn handed_out(path: &Path) -> std::io::Result<TcpStream> {
    let socket = UnixStream::connect(path)?;
    let mut byte = [0u8; 1];
    let mut space = nix::cmsg_space!(RawFd);
    let fd = {
        let mut parts = [std::io::IoSliceMut::new(&mut byte)];
        let got = recvmsg::<()>(
            socket.as_raw_fd(),
            &mut parts,
            Some(&mut space),
            MsgFlags::empty(),
        )?;
        got.cmsgs()?.find_map(|message| match message {
            ControlMessageOwned::ScmRights(fds) => fds.first().copied(),
            _ => None,
        })
    };
    let Some(fd) = fd else {
        return Err(std::io::Error::from_raw_os_error(byte[0].into()));
    };
    // SAFETY: the kernel just gave us this descriptor.
    let tcp = unsafe { TcpStream::from_raw_fd(fd) };
    tcp.set_nonblocking(false)?;
    Ok(tcp)
}

/// Names the naps of this process for another one.
pub const NAP: &str = "HAVRE_TEST_NAP";

/// A line whose `NAPnn` are seconds that no other test sleeps: tests run beside each other as threads or processes, and
/// each is called from its own thread.
pub fn own(line: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let own = || {
        let mut hasher = DefaultHasher::new();
        (std::process::id(), std::thread::current().id()).hash(&mut hasher);
        format!("4{}", hasher.finish() % 1_000_000)
    };
    line.replace("NAP", &std::env::var(NAP).unwrap_or_else(|_| own()))
}

/// Processes of this machine whose command line has this argument.
pub fn running(argument: &str) -> usize {
    let argument = own(argument);
    let has = |line: &Vec<u8>| {
        line.split(|byte| *byte == 0)
            .any(|part| part == argument.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(has).count()
}

/// A base with one runtime.
pub fn wish(need: RuntimeNeed, any_version: bool) -> BaseWish {
    BaseWish {
        kind: domain::DeploymentKind::Lxc,
        node: None,
        needs: vec![need],
        any_version,
    }
}
