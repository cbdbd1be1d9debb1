//! What the server may ask of the engine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::guest::DriverReport;
use domain::job::{Work, WorkerId};
use domain::limits::EngineLimits;
use domain::ports::{
    Accepted, Change, Clock, Dice, Driver, LogQuery, LogStream, NewDeploy, Probe, Router, Source,
    Store, StoreError,
};
use domain::release::Version;
use domain::{DeploymentId, DriverKind, HostLabel, JobId, Reference, Release, ReleaseId};
use futures_util::stream::BoxStream;
use tokio::sync::watch;

use crate::build_log::BuildLine;

/// The world as the engine sees it.
#[derive(Clone)]
pub struct Ports {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The places where guests live.
    pub drivers: BTreeMap<DriverKind, Arc<dyn Driver>>,
    /// The gateway.
    pub router: Arc<dyn Router>,
    /// The health check.
    pub probe: Arc<dyn Probe>,
    /// Where source comes from.
    pub source: Arc<dyn Source>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub dice: Arc<Dice>,
}

/// What the engine is told once.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Folder for fetched sources and build logs.
    pub data_dir: PathBuf,
    /// This process.
    pub worker: WorkerId,
    /// True when no other process uses the database: leases of earlier workers end at start.
    pub sole_worker: bool,
    /// Where new deployments go.
    pub default_driver: DriverKind,
    /// Apps answer at `http://LABEL.BASE_DOMAIN[:PORT]`: the base domain, `localhost`.
    pub base_domain: String,
    /// The port of the gateway, for URLs.
    pub gateway_port: u16,
    /// Bounds.
    pub limits: EngineLimits,
}

/// Why the engine did not take something.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The database refused, in its own kinds.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The input is wrong: which field and why.
    #[error("{why}")]
    BadInput {
        /// The field.
        field: &'static str,
        /// Why, for the user.
        why: String,
    },
    /// No room on the machine.
    #[error("{what}")]
    Capacity {
        /// What is full.
        what: String,
        /// How to make room.
        cure: String,
    },
    /// The platform's fault.
    #[error("{what} (reference {reference})")]
    Platform {
        /// What could not be done.
        what: String,
        /// Stands in the log beside the cause.
        reference: Reference,
    },
}

/// A running engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    ports: Ports,
    config: EngineConfig,
}

impl Engine {
    /// Starts workers and reconcilers.
    pub async fn start(ports: Ports, config: EngineConfig) -> Result<Self, Refusal> {
        Ok(Self {
            inner: Arc::new(Inner { ports, config }),
        })
    }

    /// Takes no new job, lets steps under way go on to their next boundary, and returns; apps run on.
    pub async fn shut_down(&self) {
        unimplemented!()
    }

    /// The database, for questions.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.ports.store
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.ports.clock
    }

    /// A new reference for an error.
    pub fn reference(&self) -> Reference {
        self.inner.ports.dice.roll(Reference::random)
    }

    /// Takes a deploy.
    pub async fn deploy(&self, _new: NewDeploy) -> Result<Accepted, Refusal> {
        unimplemented!()
    }

    /// Where a new deployment goes.
    pub fn default_driver(&self) -> DriverKind {
        self.inner.config.default_driver
    }

    /// Takes a change that makes a release.
    pub async fn change(
        &self,
        _deployment: &DeploymentId,
        _change: Change,
    ) -> Result<Accepted, Refusal> {
        unimplemented!()
    }

    /// Takes a start, stop, restart or destroy. None when there was nothing to do.
    pub async fn work(
        &self,
        _deployment: &DeploymentId,
        _work: Work,
    ) -> Result<Option<JobId>, Refusal> {
        unimplemented!()
    }

    /// Cancels what waits and what is under way; the numbers of the releases.
    pub async fn cancel(&self, _deployment: &DeploymentId) -> Result<Vec<Version>, Refusal> {
        unimplemented!()
    }

    /// Waits until a release is over.
    pub async fn wait_for_release(&self, _release: &ReleaseId) -> Result<Release, Refusal> {
        unimplemented!()
    }

    /// Waits until a job has left the queue; false when `limit` ran out first.
    pub async fn wait_for_job(&self, _job: &JobId, _limit: Duration) -> Result<bool, Refusal> {
        unimplemented!()
    }

    /// The build log of a release after a line number. With `follow` it goes on until the release is over, then ends.
    pub async fn build_log(
        &self,
        _release: &ReleaseId,
        _after: u64,
        _follow: bool,
    ) -> Result<BoxStream<'static, BuildLine>, Refusal> {
        unimplemented!()
    }

    /// The app's log of the serving release, or of another one whose guest is still there; values of the environment
    /// masked. None when there is no guest.
    pub async fn app_log(
        &self,
        _deployment: &DeploymentId,
        _version: Option<Version>,
        _query: &LogQuery,
    ) -> Result<Option<LogStream>, Refusal> {
        unimplemented!()
    }

    /// Changes whenever an event was written by this process; a listener then asks the store.
    pub fn event_bell(&self) -> watch::Receiver<u64> {
        unimplemented!()
    }

    /// What each driver offers.
    pub async fn reports(&self) -> BTreeMap<DriverKind, Result<DriverReport, String>> {
        unimplemented!()
    }

    /// Part (`database gateway driver`) to `ok` or what is wrong: for `/api/ready`.
    pub async fn ready(&self) -> BTreeMap<String, String> {
        unimplemented!()
    }

    /// The address of an app at the gateway.
    pub fn url_of(&self, label: &HostLabel) -> String {
        let config = &self.inner.config;
        match config.gateway_port {
            80 => format!("http://{label}.{}", config.base_domain),
            port => format!("http://{label}.{}:{port}", config.base_domain),
        }
    }
}
