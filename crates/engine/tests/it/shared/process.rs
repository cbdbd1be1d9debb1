//! A process of its own with an engine: this test binary, run again.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::DriverKind;
use domain::job::WorkerId;
use domain::limits::EngineLimits;
use domain::ports::{Clock, Dice, SystemClock};
use engine::{Engine, EngineConfig, Ports};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use store::{Database, Home, Opening, SecretKey, TimeSource};

use super::database::Eye;
use super::log::Log;
use super::world::Shared;

/// How a child learns that it is one.
const VARIABLE: &str = "HAVRE_TEST_ENGINE_CHILD";
/// A child ends by itself after this long, whatever became of its parent.
const LONGEST: Duration = Duration::from_secs(240);

/// What a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Orders {
    /// The folder that all share.
    pub folder: PathBuf,
    /// The database, as the engine reaches it.
    pub url: String,
    /// The database, as the log of acts reaches it.
    pub eye: String,
    /// Tells processes apart.
    pub number: u8,
    /// How long leases hold, in milliseconds.
    pub lease: u64,
}

impl Orders {
    pub fn worker(&self) -> String {
        format!("worker-{}", self.number)
    }

    fn dice(&self) -> Arc<Dice> {
        Arc::new(Dice::seeded([self.number; 32]))
    }

    /// Opens the database as this process. All have the same key.
    pub async fn open(&self) -> Arc<Database> {
        let dice = self.dice();
        let keys = self.folder.join("key");
        std::fs::create_dir_all(&keys).unwrap();
        let opening = Opening {
            key: SecretKey::load_or_create(&keys, None, &dice).unwrap(),
            home: Home::for_once(&dice),
            clock: clock(),
            time: TimeSource::Database,
            dice,
        };
        let target = self.url.parse().unwrap();
        Database::open_with(&target, opening).await.unwrap()
    }

    /// Starts an engine on the shared world.
    pub async fn engine(&self, store: &Arc<Database>) -> Engine {
        let log = Log::new(&self.folder, &self.worker(), Eye::open(&self.eye).await);
        let shared = Shared::new(&self.folder, &self.worker(), log);
        let ports = Ports {
            store: store.clone(),
            drivers: [(DriverKind::Proxmox, Arc::new(shared.clone()) as _)].into(),
            router: Arc::new(shared.clone()),
            probe: Arc::new(shared.clone()),
            source: Arc::new(shared),
            clock: clock(),
            dice: self.dice(),
            cluster: None,
        };
        let lease = Duration::from_millis(self.lease);
        let config = EngineConfig {
            data_dir: self.folder.join(self.worker()),
            worker: WorkerId(self.worker()),
            sole_worker: true,
            default_driver: DriverKind::Proxmox,
            base_domain: "localhost".into(),
            gateway_port: 8080,
            limits: EngineLimits {
                lease,
                presence: lease,
                orphan_grace: lease,
                look: lease,
                ..EngineLimits::default()
            },
        };
        Engine::start(ports, config).await.unwrap()
    }

    fn file(&self, what: &str) -> PathBuf {
        self.folder.join(format!("{what}-{}", self.number))
    }
}

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new(tokio::time::sleep))
}

/// The life of a child; true when this process is one.
pub fn is_child() -> bool {
    let Ok(orders) = std::env::var(VARIABLE) else {
        return false;
    };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = orders.open().await;
        let engine = orders.engine(&store).await;
        File::create(orders.file("up")).unwrap();
        let stop = until_there(orders.file("stop"));
        let _ = tokio::time::timeout(LONGEST, stop).await;
        engine.shut_down().await;
        store.close().await;
    });
    true
}

/// Waits for a file.
pub async fn until_there(file: PathBuf) {
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A running child; killed when dropped.
pub struct Process {
    child: Child,
    pub orders: Orders,
}

impl Process {
    /// Starts it; it runs the test of this name, which must begin with [`is_child`].
    pub async fn start(orders: Orders, test: &str) -> Self {
        let log = File::create(orders.file("log")).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", test])
            .env(VARIABLE, serde_json::to_string(&orders).unwrap())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let process = Self { child, orders };
        let up = until_there(process.orders.file("up"));
        let came = tokio::time::timeout(Duration::from_secs(30), up).await;
        assert!(came.is_ok(), "{} does not come up", process.orders.worker());
        process
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// Ends it in order.
    pub async fn stop(mut self) {
        File::create(self.orders.file("stop")).unwrap();
        let gone = async {
            while self.child.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let went = tokio::time::timeout(Duration::from_secs(30), gone).await;
        assert!(went.is_ok(), "{} does not end", self.orders.worker());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A frozen one dies of it, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
