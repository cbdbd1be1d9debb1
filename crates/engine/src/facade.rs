//! What the server may ask of the engine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::guest::{DriverReport, MachineSeen, Role};
use domain::job::{Work, WorkerId};
use domain::limits::EngineLimits;
use domain::ports::{
    Accepted, Change, Clock, Cluster, ClusterError, Dice, Driver, DriverError, GuestRow, LogLine,
    LogQuery, LogStream, NewDeploy, Probe, Router, Source, SourceError, Store, StoreError,
    Whereabouts,
};
use domain::release::Version;
use domain::{DeploymentId, DriverKind, HostLabel, JobId, PlaceId, Reference, Release, ReleaseId};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

use crate::build_log::BuildLine;
use crate::context::Context;
use crate::deploy::service::fresh_secret;
use crate::limits;
use crate::mask::Mask;
use crate::presence;
use crate::reconcile::{Orphan, Reconcilers};
use crate::waits::Waiting;

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
    /// The cluster, where one is set up, for people who look at it.
    pub cluster: Option<Arc<dyn Cluster>>,
}

/// What the engine is told once.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Folder for fetched sources and build logs.
    pub data_dir: PathBuf,
    /// This process.
    pub worker: WorkerId,
    /// True when no other process works at this place, since this one holds its data folder: leases of earlier workers end
    /// at start.
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
    /// No cluster is set up.
    #[error("{}", crate::text::NO_CLUSTER)]
    NoCluster,
    /// The cluster did not answer as it should.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
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
    pub(crate) ctx: Arc<Context>,
    /// Workers and reconcilers; taken by the one who shuts down.
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Engine {
    /// Starts workers and reconcilers.
    pub async fn start(ports: Ports, config: EngineConfig) -> Result<Self, Refusal> {
        let ctx = Arc::new(Context::new(ports, config));
        presence::begin(&ctx).await?;
        let reconcilers = Reconcilers::of(&ctx);
        let mut tasks = JoinSet::new();
        tasks.spawn(presence::keep(ctx.clone(), reconcilers.terms()));
        tasks.spawn(crate::runner::run_jobs(ctx.clone()));
        tasks.spawn(reconcilers.run());
        Ok(Self {
            ctx,
            tasks: Arc::new(Mutex::new(tasks)),
        })
    }

    /// Takes no new job, drops what is under way as a crash would, gives the jobs back, and returns. The next engine
    /// goes on with them at once; apps run on.
    pub async fn shut_down(&self) {
        self.ctx.closing.cancel();
        let mut tasks = self.tasks.lock().await;
        if tasks.is_empty() {
            return;
        }
        while tasks.join_next().await.is_some() {}
        presence::end(&self.ctx).await;
    }

    /// The database, for questions.
    pub fn store(&self) -> &Arc<dyn Store> {
        self.ctx.store()
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.ctx.clock()
    }

    /// A new reference for an error.
    pub fn reference(&self) -> Reference {
        self.ctx.reference()
    }

    /// Where a new deployment goes.
    pub fn default_driver(&self) -> DriverKind {
        self.ctx.config.default_driver
    }

    /// What a deployment waits for, as far as this server knows.
    pub fn waiting(&self, deployment: &DeploymentId) -> Option<Waiting> {
        self.ctx.waits.of(deployment)
    }

    /// The machine of a cluster that the serving guest of a deployment was seen on by this server.
    pub fn machine_of(&self, deployment: &DeploymentId) -> Option<MachineSeen> {
        let all = self.ctx.machines.lock();
        let all = all.unwrap_or_else(std::sync::PoisonError::into_inner);
        all.get(deployment).cloned()
    }

    /// What somebody changed by hand on the machine of a deployment's guest, as this server saw it last.
    pub fn alterations_of(&self, deployment: &DeploymentId) -> Vec<String> {
        self.ctx.alterations.of(deployment)
    }

    /// Guests that the database does not know, as this server saw them last.
    pub fn orphans(&self) -> Vec<Orphan> {
        self.ctx.orphans.list()
    }

    /// Takes a deploy.
    pub async fn deploy(&self, new: NewDeploy) -> Result<Accepted, Refusal> {
        self.ctx
            .ports
            .source
            .admit(&new.url)
            .map_err(|error| refused_url(&error))?;
        limits::check_deploy(self, &new).await?;
        self.has_room(new.driver).await?;
        let accepted = self.store().accept_deploy(&new).await?;
        self.work_arrived();
        Ok(accepted)
    }

    /// Takes a change that makes a release.
    pub async fn change(
        &self,
        deployment: &DeploymentId,
        change: Change,
    ) -> Result<Accepted, Refusal> {
        // Whether there is room elsewhere is seen there.
        let here = self.store().whereabouts(deployment).await? == Whereabouts::Here;
        if here && let Some(facts) = self.store().facts(deployment).await? {
            limits::check_change(self, &facts, &change).await?;
            self.has_room(facts.driver).await?;
        }
        let accepted = self.store().accept_change(deployment, &change).await?;
        self.work_arrived();
        Ok(accepted)
    }

    /// Takes a start, stop, restart or destroy. None when there was nothing to do.
    pub async fn work(
        &self,
        deployment: &DeploymentId,
        work: Work,
    ) -> Result<Option<JobId>, Refusal> {
        let job = self.store().accept_work(deployment, &work).await?;
        self.work_arrived();
        Ok(job)
    }

    /// Cancels what waits and what is under way; the numbers of the releases.
    pub async fn cancel(&self, deployment: &DeploymentId) -> Result<Vec<Version>, Refusal> {
        let cancelled = self.store().cancel(deployment).await?;
        self.work_arrived();
        Ok(cancelled)
    }

    fn work_arrived(&self) {
        self.ctx.job_bell.notify_one();
        self.ctx.ring();
    }

    async fn has_room(&self, kind: DriverKind) -> Result<(), Refusal> {
        let Some(driver) = self.ctx.ports.drivers.get(&kind) else {
            return Err(Refusal::BadInput {
                field: "driver",
                why: crate::text::no_driver(kind),
            });
        };
        if !kind.is_of_a_place() {
            // A full cluster is waited for.
            return Ok(());
        }
        match driver.has_room().await {
            Err(DriverError::Capacity { what, cure }) => Err(Refusal::Capacity { what, cure }),
            // Not knowing is no reason to refuse: the build asks again.
            _ => Ok(()),
        }
    }

    /// Waits until a release is over. Its job may still be on its last write then.
    pub async fn wait_for_release(&self, release: &ReleaseId) -> Result<Release, Refusal> {
        let mut bell = self.ctx.events();
        loop {
            let now = self.store().release(release).await?;
            if now.status.is_over() {
                return Ok(now);
            }
            listen(&mut bell).await;
        }
    }

    /// Waits until a job has left the queue; false when `limit` ran out first.
    pub async fn wait_for_job(&self, job: &JobId, limit: Duration) -> Result<bool, Refusal> {
        let waiting = async {
            let mut bell = self.ctx.events();
            while self.store().is_queued(job).await? {
                listen(&mut bell).await;
            }
            Ok::<(), Refusal>(())
        };
        match tokio::time::timeout(limit, waiting).await {
            Ok(over) => over.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    /// The build log of a release after a line number. With `follow` it goes on until the release is over, then ends.
    pub async fn build_log(
        &self,
        release: &ReleaseId,
        after: u64,
        follow: bool,
    ) -> Result<BoxStream<'static, BuildLine>, Refusal> {
        let deployment = self.store().release(release).await?.deployment;
        if let Some(words) = self.elsewhere(&deployment).await? {
            return Ok(self.log_elsewhere(release, words, after, follow));
        }
        let (engine, id) = (self.clone(), *release);
        let mut bell = self.ctx.events();
        let more = move || {
            bell.mark_unchanged();
            let (engine, mut bell) = (engine.clone(), bell.clone());
            async move {
                let release = engine.store().release(&id).await;
                // In this order: the log of a release that is over was opened before, and its last lines may be on their way.
                let under_way = release.is_ok_and(|release| release.status.is_under_way())
                    || engine.ctx.logs.is_open(&id);
                if follow && under_way {
                    // Lines come without a bell; they are worth a look a few times a second.
                    let _ = tokio::time::timeout(LINES_EVERY, bell.changed()).await;
                }
                follow && under_way
            }
        };
        Ok(self.ctx.logs.read(release, after, more))
    }

    /// The app's log of the serving release, or of another one whose guest is still there; values of the environment
    /// masked. None when there is no guest.
    pub async fn app_log(
        &self,
        deployment: &DeploymentId,
        version: Option<Version>,
        query: &LogQuery,
    ) -> Result<Option<LogStream>, Refusal> {
        self.is_here(deployment).await?;
        let Some(guest) = self.guest_for_logs(deployment, version).await? else {
            return Ok(None);
        };
        let release = self.store().release(&guest.release).await?;
        let Some(driver) = self.ctx.ports.drivers.get(&guest.driver) else {
            return Ok(None);
        };
        let mask = Mask::new(&release.env, self.generated_secrets(&release).await?);
        match driver.logs(&guest.id, query).await {
            Ok(lines) => Ok(Some(Box::pin(lines.map(move |line| LogLine {
                text: mask.apply(&line.text),
                ..line
            })))),
            Err(DriverError::Gone(_)) => Ok(None),
            Err(error) => Err(self.platform("the log could not be read", &error)),
        }
    }

    async fn generated_secrets(&self, release: &Release) -> Result<Vec<String>, Refusal> {
        let mut values = Vec::new();
        for secret in release.plan.iter().flat_map(|plan| &plan.secrets) {
            if !release.env.has(&secret.name) {
                let fresh = self.ctx.ports.dice.roll(fresh_secret);
                values.push(
                    self.store()
                        .secret_once(&release.deployment, &secret.name, &fresh)
                        .await?,
                );
            }
        }
        Ok(values)
    }

    async fn guest_for_logs(
        &self,
        deployment: &DeploymentId,
        version: Option<Version>,
    ) -> Result<Option<GuestRow>, Refusal> {
        let wanted = match version {
            Some(version) => {
                self.store()
                    .release_by_version(deployment, version)
                    .await?
                    .ok_or(StoreError::NotFound)?
                    .id
            }
            None => {
                let facts = self
                    .store()
                    .facts(deployment)
                    .await?
                    .ok_or(StoreError::NotManaged)?;
                let newest = self.store().releases(deployment, 1).await?;
                match facts.serving.or(newest.first().map(|release| release.id)) {
                    Some(release) => release,
                    None => return Ok(None),
                }
            }
        };
        let guests = self.store().guests_of(deployment).await?;
        Ok(guests
            .into_iter()
            .find(|guest| guest.release == wanted && guest.role == Role::Serve))
    }

    fn platform(&self, what: &str, error: &(dyn std::error::Error + 'static)) -> Refusal {
        let reference = self.reference();
        tracing::error!(%reference, error = crate::error::chain(error), what);
        Refusal::Platform {
            what: what.to_owned(),
            reference,
        }
    }

    /// Changes whenever an event was written by this process; a listener then asks the store.
    pub fn event_bell(&self) -> watch::Receiver<u64> {
        self.ctx.events()
    }

    /// What each driver offers.
    pub async fn reports(&self) -> BTreeMap<DriverKind, Result<DriverReport, String>> {
        let mut reports = BTreeMap::new();
        for (kind, driver) in &self.ctx.ports.drivers {
            reports.insert(
                *kind,
                driver
                    .report()
                    .await
                    .map_err(|error| crate::error::chain(&error)),
            );
        }
        reports
    }

    /// Part (`database gateway driver`) to `ok` or what is wrong: for `/api/ready`.
    pub async fn ready(&self) -> BTreeMap<String, String> {
        let words = |result: Result<(), String>| result.err().unwrap_or_else(|| "ok".to_owned());
        let database = self
            .store()
            .last_event()
            .await
            .map(drop)
            .map_err(|error| error.to_string());
        let gateway = self.ctx.routes.last_push();
        let mut parts = BTreeMap::from([
            ("database".to_owned(), words(database)),
            ("gateway".to_owned(), words(gateway)),
        ]);
        for (kind, report) in self.reports().await {
            parts.insert(format!("driver {kind}"), words(report.map(drop)));
        }
        parts
    }

    /// The address of an app whose guests live at this place: at our gateway, or at that of the server there. None when no
    /// server was ever seen there.
    pub fn url_at(&self, label: &HostLabel, place: Option<PlaceId>) -> Option<String> {
        let neighbours = self
            .ctx
            .neighbours
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match place.filter(|place| *place != self.store().place()) {
            None => Some(self.ctx.config.url_of(label)),
            Some(place) => neighbours
                .get(&place)
                .map(|apps| format!("http://{label}.{apps}")),
        }
    }
}

impl EngineConfig {
    /// The address of an app at the gateway.
    pub(crate) fn url_of(&self, label: &HostLabel) -> String {
        format!("http://{}", self.authority_of(label))
    }

    /// What a client of an app sends as `Host`.
    pub(crate) fn authority_of(&self, label: &HostLabel) -> String {
        match self.gateway_port {
            80 => format!("{label}.{}", self.base_domain),
            port => format!("{label}.{}:{port}", self.base_domain),
        }
    }
}

/// How often a build log is looked at for new lines.
const LINES_EVERY: Duration = Duration::from_millis(100);

/// Waits for the bell; another server's writes ring none, so not for ever.
async fn listen(bell: &mut watch::Receiver<u64>) {
    let _ = tokio::time::timeout(Duration::from_secs(1), bell.changed()).await;
}

fn refused_url(error: &SourceError) -> Refusal {
    let why = match error {
        SourceError::Refused { what, cure } => crate::text::with_cure(what, cure),
        other => other.to_string(),
    };
    Refusal::BadInput {
        field: "github_url",
        why,
    }
}
