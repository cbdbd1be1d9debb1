//! What the tests stand on: a clock that tests move, and a database of their own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::job::Work;
use domain::job::{Job, Lease, WorkerId};
use domain::ports::*;
use domain::release::{DeployOptions, Version};
use domain::{
    Deployment, DeploymentId, DriverKind, EnvName, EnvVars, Failure, FailureKind, GuestId, Plan,
    Release, ReleaseId, Resources, Status,
};
use sqlx::ConnectOptions;
use store::{Database, DatabaseTarget, Home, Opening, SecretKey, TimeSource};
use tempfile::TempDir;

use crate::other::Other;
use crate::servers::{self, Server, TestDatabase};

/// A clock that stands still until a test moves it.
pub struct HandClock(Mutex<DateTime<Utc>>);

impl HandClock {
    pub fn new() -> Arc<Self> {
        let start = DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap();
        Arc::new(Self(Mutex::new(start)))
    }

    pub fn pass(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.pass(duration.as_secs() as i64);
    }
}

pub fn dice(seed: u8) -> Arc<Dice> {
    Arc::new(Dice::seeded([seed; 32]))
}

pub struct World {
    pub store: Arc<dyn Store>,
    pub clock: Arc<HandClock>,
    pub dice: Arc<Dice>,
    pub db: Arc<Database>,
    pub folder: TempDir,
    target: DatabaseTarget,
    /// As `DATABASE_URL` names the database.
    pub url: String,
}

pub const TTL: Duration = Duration::from_secs(30);

/// Runs each test on every database.
macro_rules! contract {
    ($($(#[doc = $doc:literal])* async fn $name:ident($world:ident) $body:block)*) => {$(
        $(#[doc = $doc])*
        async fn $name($world: $crate::world::World) $body

        mod $name {
            use $crate::servers::Server;
            use $crate::world::World;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_file() {
                super::$name(World::file().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_memory() {
                super::$name(World::memory().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                World::on(Server::Postgres, module_path!(), super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mariadb() {
                World::on(Server::MariaDb, module_path!(), super::$name).await;
            }
        }
    )*};
}

impl World {
    pub async fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = file_url(&folder);
        Self::open(folder, url, 1).await
    }

    pub async fn memory() -> Self {
        Self::open(tempfile::tempdir().unwrap(), "sqlite://".into(), 1).await
    }

    /// A test on a server, in a database of its own.
    pub async fn on(server: Server, test: &str, body: impl AsyncFnOnce(Self)) {
        servers::on(server, test, async |database| {
            body(Self::of(database).await).await;
        })
        .await;
    }

    /// In a database of a server, which somebody else drops.
    pub async fn of(database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open(folder, database.url(), 1).await
    }

    async fn open(folder: TempDir, url: String, seed: u8) -> Self {
        let target: DatabaseTarget = url.parse().unwrap();
        let (clock, dice) = (HandClock::new(), dice(seed));
        let opening = Opening {
            key: SecretKey::load_or_create(folder.path(), None, &dice).unwrap(),
            clock: clock.clone(),
            dice: dice.clone(),
            time: TimeSource::Process,
            home: Home::for_once(&dice),
        };
        let db = Database::open_with(&target, opening).await.unwrap();
        Self {
            store: db.clone(),
            clock,
            dice,
            db,
            folder,
            target,
            url,
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("deployments.db")
    }

    /// A connection of another program, to an SQLite file.
    pub async fn foreign(&self) -> sqlx::SqliteConnection {
        foreign(&self.path()).await
    }

    /// A connection of another program, to any database but one in memory.
    pub async fn other(&self) -> Other {
        match self.target {
            DatabaseTarget::Postgres(_) => servers::connect(Server::Postgres, &self.url).await,
            DatabaseTarget::MySql(_) => servers::connect(Server::MariaDb, &self.url).await,
            _ => Other::Sqlite(Box::new(self.foreign().await)),
        }
    }

    /// Closes the database and opens it again, as a new process with other randomness would.
    pub async fn reopen(self, seed: u8) -> Self {
        self.db.close().await;
        let Self {
            folder,
            store,
            db,
            url,
            ..
        } = self;
        drop((store, db));
        Self::open(folder, url, seed).await
    }

    /// Opens what another process left in a file.
    pub async fn reopened(folder: TempDir, seed: u8) -> Self {
        let url = file_url(&folder);
        Self::open(folder, url, seed).await
    }

    pub async fn deploy(&self, name: &str) -> Accepted {
        self.store.accept_deploy(&ask(name)).await.unwrap()
    }

    pub fn worker(&self) -> WorkerId {
        WorkerId("w1".into())
    }

    pub async fn lease(&self) -> (Job, Lease) {
        self.store
            .lease(&self.worker(), TTL)
            .await
            .unwrap()
            .expect("a job is due")
    }

    pub async fn shown(&self, key: &str) -> Deployment {
        let found = self.store.find(&Scope::Everyone, key).await.unwrap();
        found.expect("it is there")
    }

    pub async fn release(&self, id: &ReleaseId) -> Release {
        self.store.release(id).await.unwrap()
    }

    /// Takes the next release all the way to serving, with an artifact named by `content`.
    pub async fn serve_next(&self, content: u8) -> Lease {
        let (job, lease) = self.lease().await;
        let release = release_of(&job);
        let row = self.release(&release).await;
        self.store.release_began(&lease, &release).await.unwrap();
        if row.artifact.is_none() {
            self.build(&lease, &release, content).await;
        }
        self.store
            .release_provisioned(&lease, &release, "L1")
            .await
            .unwrap();
        self.store
            .release_live(&lease, &release, false)
            .await
            .unwrap();
        self.store.finish(&lease).await.unwrap();
        lease
    }

    pub async fn build(&self, lease: &Lease, release: &ReleaseId, content: u8) {
        self.store
            .release_planned(lease, release, &commit(content), &plan())
            .await
            .unwrap();
        let built = BuiltArtifact {
            artifact: format!("{content:064x}").parse().unwrap(),
            bytes: 1000 + u64::from(content),
            base: "python-3.11_r1".parse().unwrap(),
        };
        self.store
            .release_built(lease, release, &built)
            .await
            .unwrap();
    }

    pub async fn fail_next(&self) -> Lease {
        let (job, lease) = self.lease().await;
        let release = release_of(&job);
        self.store.release_began(&lease, &release).await.unwrap();
        self.store
            .release_failed(&lease, &release, &failure())
            .await
            .unwrap();
        self.store.finish(&lease).await.unwrap();
        lease
    }

    pub async fn versions(&self, id: &DeploymentId) -> Vec<(u32, String)> {
        let releases = self.store.releases(id, 100).await.unwrap();
        releases
            .iter()
            .map(|release| (release.version.0, release.status.to_string()))
            .collect()
    }
}

pub fn failure() -> Failure {
    Failure::new(FailureKind::Build, "The build failed.").cure("Mend it.")
}

pub fn commit(content: u8) -> domain::Commit {
    format!("{content:040x}").parse().unwrap()
}

pub const URL: &str = "https://github.com/acme/shop";

pub fn ask(name: &str) -> NewDeploy {
    NewDeploy {
        name: name.parse().unwrap(),
        kind: None,
        driver: DriverKind::Local,
        url: URL.parse().unwrap(),
        git_ref: None,
        options: DeployOptions::default(),
        env: EnvVars::default(),
        resources: None,
        replace_source: false,
        owner: None,
        tags: None,
        node: None,
    }
}

pub fn env(pairs: &[(&str, &str)]) -> EnvVars {
    let mut vars = EnvVars::default();
    for (name, value) in pairs {
        vars.set(name.parse().unwrap(), value).unwrap();
    }
    vars
}

pub fn set(name: &str, value: &str) -> Change {
    Change::Env(vec![(
        name.parse::<EnvName>().unwrap(),
        Some(value.to_owned().into()),
    )])
}

pub fn v(number: u32) -> Version {
    Version(number)
}

pub fn plan() -> Plan {
    serde_json::from_value(serde_json::json!({
        "framework": "flask", "title": "Flask", "why": ["x"], "rejected": [], "root": "", "runtimes": [], "install": [],
        "build": [], "release": null, "start": {"line": "true"}, "port": 8000, "health": {}, "env": {},
        "baked_env": ["VITE_"], "secrets": [], "persist": [], "warnings": ["from the plan"]
    }))
    .unwrap()
}

/// Four slashes: the path is absolute.
fn file_url(folder: &TempDir) -> String {
    format!("sqlite:///{}/deployments.db", folder.path().display())
}

/// A connection of another program, in SQLite's own defaults.
pub async fn foreign(path: &Path) -> sqlx::SqliteConnection {
    sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(false)
        .busy_timeout(Duration::from_secs(5))
        .connect()
        .await
        .unwrap()
}

pub fn release_of(job: &Job) -> ReleaseId {
    match job.work {
        Work::Deploy { release } => release,
        ref other => panic!("not a deploy: {other:?}"),
    }
}

pub fn refusal<T: std::fmt::Debug>(result: StoreResult<T>) -> String {
    match result {
        Err(StoreError::Refused(words)) => words,
        other => panic!("not refused with words: {other:?}"),
    }
}

pub fn resources(cores: u32) -> Resources {
    Resources {
        cores,
        memory: 1024,
        disk: 10,
    }
}

impl World {
    pub async fn status(&self, key: &str) -> Status {
        self.shown(key).await.status.unwrap()
    }

    /// Destroys a deployment, its worker included.
    pub async fn destroy(&self, id: &DeploymentId) {
        let job = self.store.accept_work(id, &Work::Destroy).await.unwrap();
        assert!(job.is_some());
        loop {
            let (job, lease) = self.lease().await;
            if let Work::Deploy { release } = job.work {
                self.store
                    .release_cancelled(&lease, &release)
                    .await
                    .unwrap();
            }
            if job.work == Work::Destroy {
                self.store.destroyed(&lease).await.unwrap();
            }
            self.store.finish(&lease).await.unwrap();
            if job.work == Work::Destroy {
                return;
            }
        }
    }

    pub async fn stop(&self, id: &DeploymentId) {
        self.store.accept_work(id, &Work::Stop).await.unwrap();
        let (job, lease) = self.lease().await;
        assert_eq!(job.work, Work::Stop);
        self.store
            .deployment_took(&lease, domain::status::Event::Stop, None)
            .await
            .unwrap();
        self.store.finish(&lease).await.unwrap();
    }

    pub fn guest(&self, lease: &Lease, release: ReleaseId) -> GuestRow {
        GuestRow {
            id: self.dice.roll(|rng| GuestId::random(rng)),
            deployment: lease.deployment,
            release,
            driver: DriverKind::Local,
            role: domain::guest::Role::Serve,
            wanted: Wanted::Making,
            base: "python-3.11_r1".parse().unwrap(),
            created_at: self.clock.now(),
            wanted_since: self.clock.now(),
        }
    }
}
