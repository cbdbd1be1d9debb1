//! One container of the lab (`scripts/lab/run`), shared by the tests of a run, one at a time.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::guest::*;
use domain::ports::{DriverError, LogQuery};
use drivers::local::CrashPolicy;
use drivers::proxmox::inside::{Inside, ServiceLimits, SshShell, StepLimits};
use nix::fcntl::{Flock, FlockArg};

use crate::bed::{BOUND, Said};

pub const MEMORY: u32 = 1024;
const VMID: u32 = 180;
const ADDRESS: [u8; 4] = [10, 77, 0, 180];

/// The container, held by this test alone.
pub struct LabGuest {
    pub inside: Inside,
    pub shell: SshShell,
    pub target: ssh::Target,
    pub data: tempfile::TempDir,
    _turn: Flock<File>,
}

/// Runs a test in the lab's container, or says why not.
pub fn run<F: Future<Output = ()>>(name: &str, test: impl FnOnce(LabGuest) -> F) {
    if std::env::var_os("HAVRE_LAB").is_none() {
        println!(
            "SKIPPED: {name}: it runs in the lab: scripts/lab/run cargo nextest run -p drivers inside"
        );
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let guest = LabGuest::take().await;
        test(guest).await;
    });
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("the lab does not say {name}"))
}

impl LabGuest {
    async fn take() -> Self {
        let folder = PathBuf::from(setting("HAVRE_LAB_FOLDER"));
        let file = File::create(folder.join("inside.turn")).unwrap();
        let turn = tokio::task::spawn_blocking(move || {
            Flock::lock(file, FlockArg::LockExclusive)
                .map_err(|(_, error)| error)
                .unwrap()
        })
        .await
        .unwrap();
        let key = folder.join("inside.key");
        let dice = domain::ports::Dice::seeded(seed());
        let key = dice
            .roll(|rng| ssh::ClientKey::load_or_create(&key, rng, "lab"))
            .unwrap();
        let made = folder.join("inside.made");
        let fresh = !made.exists();
        if fresh {
            create(&key).await;
        }
        let host = std::net::IpAddr::from(ADDRESS);
        let target = ssh::Target::new(host, "root", Arc::new(key), ssh::Trust::Learn);
        let pool = ssh::Pool::new(ssh::PoolLimits {
            pause: Duration::from_millis(20),
            longest_pause: Duration::from_millis(100),
            ..Default::default()
        });
        let shell = SshShell::new(pool, target.clone());
        let id = "g000000000180".parse().unwrap();
        let guest = Self {
            inside: Inside::new(Arc::new(shell.clone()), id),
            shell,
            target,
            data: tempfile::tempdir().unwrap(),
            _turn: turn,
        };
        if fresh {
            guest.until_ready().await;
            guest.inside.prepare(&|_| {}).await.unwrap();
            guest.inside.prepare(&|_| {}).await.unwrap();
            File::create(made).unwrap();
        }
        guest.reset().await;
        guest
    }

    /// As a guest that was just made.
    async fn reset(&self) {
        let line = "systemctl stop havre-app 'havre-step-*' ; systemctl disable --quiet havre-app; \
            systemctl reset-failed; rm -rf /etc/systemd/system/havre-app.service /etc/havre/* /var/lib/havre/* /run/havre; \
            systemctl daemon-reload; rm -rf /app; install -d -o app -g app /app; journalctl --rotate --vacuum-time=1s; true";
        self.root(line).await;
    }

    /// Waits until the guest takes commands.
    pub async fn until_ready(&self) {
        let started = Instant::now();
        loop {
            match self.inside.ready(BOUND).await {
                Ok(()) => return,
                Err(error) => assert!(started.elapsed() < BOUND, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A line of shell as root.
    pub async fn root(&self, line: &str) -> String {
        use drivers::proxmox::inside::Shell;
        let said = self
            .shell
            .run(&["/bin/sh", "-c", line], b"", BOUND)
            .await
            .unwrap();
        said.stdout
    }

    pub async fn sh(&self, line: &str) -> Said {
        self.exec(&crate::bed::command(line)).await
    }

    pub async fn exec(&self, exec: &Exec) -> Said {
        let lines = Mutex::new(Vec::new());
        let limits = StepLimits { memory: MEMORY };
        let sink = |line: domain::ports::OutLine| lines.lock().unwrap().push(line.text);
        let end = self.inside.exec(exec, limits, None, &sink).await;
        Said {
            end,
            lines: lines.into_inner().unwrap(),
        }
    }

    pub async fn start(&self, service: &Service) -> Result<(), DriverError> {
        self.inside.start(service, &limits()).await
    }

    pub async fn app(&self) -> AppState {
        self.inside.app_state(MEMORY).await.unwrap()
    }

    /// Waits until the app stands as asked.
    pub async fn until(&self, what: impl Fn(&AppState) -> bool) -> AppState {
        let started = Instant::now();
        loop {
            let app = self.app().await;
            if what(&app) {
                return app;
            }
            assert!(started.elapsed() < BOUND, "waited in vain: {app:?}");
        }
    }

    /// Waits until something is so in the guest.
    pub async fn wait(&self, line: &str) {
        let started = Instant::now();
        while self
            .root(&format!("{{ {line}; }} >/dev/null 2>&1 && echo so"))
            .await
            != "so\n"
        {
            assert!(started.elapsed() < BOUND, "waited in vain for: {line}");
        }
    }

    pub async fn lines(&self, query: &LogQuery) -> Vec<domain::ports::LogLine> {
        use futures_util::StreamExt;
        self.inside.logs(query, MEMORY).collect().await
    }

    pub async fn log(&self) -> String {
        let lines = self.lines(&LogQuery::default()).await;
        let lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
        lines.join("\n")
    }
}

/// The bounds of the local driver's tests.
pub fn limits() -> ServiceLimits {
    ServiceLimits {
        memory: MEMORY,
        crash: CrashPolicy {
            first: Duration::from_millis(10),
            longest: Duration::from_millis(40),
            crashes: 4,
            within: Duration::from_secs(60),
        },
        exe: env!("CARGO_BIN_EXE_havre-guest").into(),
    }
}

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    std::io::Read::read_exact(&mut File::open("/dev/urandom").unwrap(), &mut seed).unwrap();
    seed
}

/// A cluster of the lab.
pub fn cluster() -> pve::Client {
    let endpoint = pve::Endpoint {
        url: setting("PROXMOX_URL").parse().unwrap(),
        auth: pve::Auth::Token {
            id: setting("PROXMOX_TOKEN_ID").parse().unwrap(),
            secret: setting("PROXMOX_TOKEN_SECRET").into(),
        },
        tls: pve::Tls::Fingerprints(vec![setting("PROXMOX_FINGERPRINT").parse().unwrap()]),
        limits: pve::Limits::default(),
        seed: 1,
    };
    pve::Client::new(endpoint).unwrap()
}

/// The container, as the cluster knows it.
pub fn machine() -> pve::Guest {
    let node = setting("PROXMOX_NODE").parse().unwrap();
    let vmid = VMID.to_string().parse().unwrap();
    cluster().guest(pve::GuestKind::Lxc, &node, vmid)
}

async fn create(key: &ssh::ClientKey) {
    let client = cluster();
    let node = setting("PROXMOX_NODE").parse().unwrap();
    let rootfs = format!("{}:8", setting("PROXMOX_STORAGE")).parse().unwrap();
    let template = setting("HAVRE_LAB_TEMPLATE").parse().unwrap();
    let mut create = pve::lxc::Create::new(VMID.to_string().parse().unwrap(), template, rootfs);
    create.ssh_keys = pve::SshKeys(vec![key.public_line().parse().unwrap()]);
    create.start = true;
    create.settings.hostname = Some("inside".parse().unwrap());
    create.settings.memory = Some(MEMORY);
    create.settings.features = Some("nesting=1".parse().unwrap());
    let [a, b, c, d] = ADDRESS;
    let net = format!(
        "name=eth0,bridge={},ip={a}.{b}.{c}.{d}/24,gw={}",
        setting("PROXMOX_NETWORK_BRIDGE"),
        setting("HAVRE_LAB_GATEWAY")
    );
    create.settings.nets.insert(0, net.parse().unwrap());
    let task = client.create_lxc(&node, &create).await.unwrap();
    client.finish(&task, BOUND * 3).await.unwrap();
}

/// Makes each function a test in the lab's container.
macro_rules! in_the_lab {
    ($($name:ident),* $(,)?) => {
        mod lab {
            $(#[test]
            fn $name() {
                super::run(concat!(module_path!(), "::", stringify!($name)), super::$name);
            })*
        }
    };
}
