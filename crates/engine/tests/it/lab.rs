//! One engine on a simulated world and a real SQLite database in a folder of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::job::{Work, WorkerId};
use domain::limits::EngineLimits;
use domain::ports::{Accepted, Change, Deployments, NewDeploy, Releases, Scope};
use domain::release::{DeployOptions, Version};
use domain::{
    Deployment, DeploymentId, DriverKind, EnvVars, GitUrl, Release, ReleaseStatus, Status,
};
use engine::{Engine, EngineConfig, Ports, Refusal};
use futures_util::StreamExt;
use sim::World;
use store::{Database, DatabaseTarget, SecretKey};

/// An app with every step: a build, a release command, a start.
pub const APP: &[(&str, &str)] = &[
    ("Procfile", "web: run\nrelease: migrate\n"),
    ("havre.toml", "[build]\nbuild = [\"make\"]\n"),
];

pub const URL: &str = "https://git.example/hello";

/// A running engine and its database.
pub struct Life {
    pub engine: Engine,
    pub store: Arc<Database>,
}

pub fn limits() -> EngineLimits {
    EngineLimits {
        warm: Duration::from_secs(600),
        look: Duration::from_millis(300),
        ..EngineLimits::default()
    }
}

impl Life {
    /// A new process of the engine: on a world and a folder that may have seen others before.
    pub async fn begin(world: &World, folder: &Path, limits: EngineLimits) -> Self {
        Self::begin_with(world, folder, limits, true).await
    }

    /// A process that has the database, and no place for guests.
    pub async fn begin_without_driver(world: &World, folder: &Path) -> Self {
        Self::begin_with(world, folder, limits(), false).await
    }

    async fn begin_with(world: &World, folder: &Path, limits: EngineLimits, driver: bool) -> Self {
        let plug = world.plug();
        let target = DatabaseTarget::Sqlite(folder.join("deployments.db"));
        let key = SecretKey::load_or_create(folder, None, &plug.dice).unwrap();
        let store = Database::open(&target, key, plug.clock.clone(), plug.dice.clone())
            .await
            .unwrap();
        let kind = plug.driver.kind();
        let ports = Ports {
            store: store.clone(),
            drivers: driver.then_some((kind, plug.driver)).into_iter().collect(),
            router: plug.router,
            probe: plug.probe,
            source: plug.source,
            clock: plug.clock,
            dice: plug.dice,
            cluster: (kind == DriverKind::Proxmox).then_some(plug.cluster),
        };
        let config = EngineConfig {
            data_dir: folder.to_owned(),
            worker: WorkerId(format!("test-{}", engine_life())),
            sole_worker: true,
            default_driver: kind,
            base_domain: "localhost".into(),
            gateway_port: 8080,
            limits,
        };
        Self {
            engine: Engine::start(ports, config).await.unwrap(),
            store,
        }
    }

    pub async fn ask(&self, name: &str, url: &str) -> Result<Accepted, Refusal> {
        let driver = self.engine.default_driver();
        let new = NewDeploy {
            driver,
            ..request(name, url)
        };
        self.engine.deploy(new).await
    }

    pub async fn deploy(&self, name: &str) -> Release {
        let accepted = self.ask(name, URL).await.unwrap();
        self.engine
            .wait_for_release(&accepted.release)
            .await
            .unwrap()
    }

    pub async fn change(&self, name: &str, change: Change) -> Release {
        let accepted = self
            .engine
            .change(&self.id(name).await, change)
            .await
            .unwrap();
        self.engine
            .wait_for_release(&accepted.release)
            .await
            .unwrap()
    }

    pub async fn work(&self, name: &str, work: Work) {
        let job = self
            .engine
            .work(&self.id(name).await, work)
            .await
            .unwrap()
            .expect("something to do");
        assert!(
            self.engine
                .wait_for_job(&job, Duration::from_secs(20))
                .await
                .unwrap(),
            "the job does not end"
        );
    }

    pub async fn find(&self, name: &str) -> Deployment {
        self.store
            .find(&Scope::Everyone, name)
            .await
            .unwrap()
            .expect("a deployment of this name")
    }

    pub async fn id(&self, name: &str) -> DeploymentId {
        self.find(name).await.parsed_id().unwrap()
    }

    pub async fn status(&self, name: &str) -> Status {
        self.find(name).await.status.unwrap()
    }

    pub async fn release(&self, name: &str, version: u32) -> Release {
        let id = self.id(name).await;
        self.store
            .release_by_version(&id, Version(version))
            .await
            .unwrap()
            .expect("a release of this version")
    }

    /// The status of each release, the first one first.
    pub async fn releases(&self, name: &str) -> Vec<ReleaseStatus> {
        let releases = self
            .store
            .releases(&self.id(name).await, 100)
            .await
            .unwrap();
        releases
            .iter()
            .rev()
            .map(|release| release.status)
            .collect()
    }

    pub async fn build_log(&self, release: &Release) -> String {
        let lines = self.engine.build_log(&release.id, 0, false).await.unwrap();
        lines.map(|line| line.text + "\n").collect().await
    }

    /// Destroys what there is, so that nothing is left on the world.
    pub async fn clean_up(&self, names: &[&str]) {
        for name in names {
            self.work(name, Work::Destroy).await;
        }
        self.engine.shut_down().await;
    }
}

pub fn request(name: &str, url: &str) -> NewDeploy {
    NewDeploy {
        name: name.parse().unwrap(),
        kind: None,
        driver: DriverKind::Local,
        url: url.parse::<GitUrl>().unwrap(),
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

/// A world with one repository, a folder, and an engine.
pub async fn lab() -> (World, tempfile::TempDir, Life) {
    lab_on(World::new()).await
}

/// The same on a simulated cluster.
pub async fn cluster_lab() -> (World, tempfile::TempDir, Life) {
    lab_on(World::new().clustered()).await
}

/// An engine on this world, with one repository.
pub async fn lab_on(world: World) -> (World, tempfile::TempDir, Life) {
    world.repo(URL).commit(APP);
    let folder = tempfile::tempdir().unwrap();
    let life = Life::begin(&world, folder.path(), limits()).await;
    (world, folder, life)
}

/// Time goes on until the release is over; what it waits for passes then, when that is asked for.
pub async fn over(
    world: &World,
    life: &Life,
    release: &domain::ReleaseId,
    passes: bool,
) -> Release {
    let deployment = life.store.release(release).await.unwrap().deployment;
    let mut waits = std::pin::pin!(life.engine.wait_for_release(release));
    for _ in 0..2000 {
        let short = tokio::time::timeout(Duration::from_millis(10), waits.as_mut());
        if let Ok(release) = short.await {
            return release.unwrap();
        }
        if life.engine.waiting(&deployment).is_some() {
            if passes {
                world.heal();
            }
            world.advance(Duration::from_secs(5));
        }
    }
    panic!("the release is not over");
}

/// A world of this kind.
pub fn world_of(kind: DriverKind) -> World {
    match kind {
        DriverKind::Local => World::new(),
        DriverKind::Proxmox => World::new().clustered(),
    }
}

/// A new process is a new worker.
fn engine_life() -> u32 {
    static LIVES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    LIVES.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// Waits until one guest serves and the one before it is frozen.
pub async fn until_warm(world: &World, artifacts: usize) {
    world
        .until("the guest before is frozen", |world| {
            let expected = world
                .expect()
                .guest("hello", "running")
                .guest("hello", "frozen");
            expected.artifacts(artifacts).serving("hello").holds()
        })
        .await;
}
