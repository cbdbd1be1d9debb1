//! What every part of the engine shares.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use domain::guest::MachineSeen;
use domain::ports::{Clock, Driver, Store};
use domain::{DeploymentId, DriverKind, GuestId, JobId, PlaceId, Reference, ReleaseId};
use tokio::sync::{Mutex, Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::build_log::BuildLogs;
use crate::cluster::View;
use crate::error::StepError;
use crate::facade::{EngineConfig, Ports};
use crate::reconcile::{Alterations, Orphans};
use crate::routes::Routes;
use crate::trust::Trust;
use crate::waits::Waits;

/// Ports, settings and the few things that live only in this process.
pub(crate) struct Context {
    pub ports: Ports,
    pub config: EngineConfig,
    pub routes: Routes,
    pub logs: BuildLogs,
    /// Deploys at once.
    pub deploys: Semaphore,
    /// Builds at once.
    pub builds: Semaphore,
    /// Guests started at once outside of deploys: after a machine restart there are many.
    pub restarts: Semaphore,
    /// The start jobs that the drift reconciler asked for.
    pub healing: Mutex<HashMap<DeploymentId, JobId>>,
    /// Held while a guest is started, frozen or stopped after looking at its row, so that a job and a reconciler never
    /// act on one guest at the same time.
    pub guest_lock: Mutex<()>,
    /// There is work on the queue.
    pub job_bell: Notify,
    /// Something that reconcilers look after has changed; counts the times.
    reconcile_bell: watch::Sender<u64>,
    /// An event was written; counts them.
    event_bell: watch::Sender<u64>,
    /// The engine shuts down.
    pub closing: CancellationToken,
    /// Where the apps of each place answer, as last heard.
    pub neighbours: std::sync::Mutex<HashMap<PlaceId, String>>,
    /// No other server has our place.
    pub presence: Trust,
    /// Jobs that wait for something that passes.
    pub waits: Waits,
    /// The machines that serving guests were seen on.
    pub machines: std::sync::Mutex<HashMap<DeploymentId, MachineSeen>>,
    /// What somebody changed by hand on serving guests.
    pub alterations: Alterations,
    /// Guests that nobody knows.
    pub orphans: Orphans,
    /// The cluster, for people.
    pub cluster: View,
}

impl Context {
    pub fn new(ports: Ports, config: EngineConfig) -> Self {
        Self {
            routes: Routes::new(ports.clone()),
            logs: BuildLogs::new(config.data_dir.join("builds")),
            deploys: Semaphore::new(config.limits.deploys.max(1)),
            builds: Semaphore::new(config.limits.builds.max(1)),
            restarts: Semaphore::new(config.limits.restarts.max(1)),
            healing: Mutex::default(),
            guest_lock: Mutex::new(()),
            job_bell: Notify::new(),
            reconcile_bell: watch::Sender::new(0),
            event_bell: watch::Sender::new(0),
            closing: CancellationToken::new(),
            neighbours: std::sync::Mutex::default(),
            presence: Trust::none(),
            waits: Waits::default(),
            machines: std::sync::Mutex::default(),
            alterations: Alterations::default(),
            orphans: Orphans::default(),
            cluster: View::of(ports.cluster.clone()),
            ports,
            config,
        }
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.ports.store
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.ports.clock
    }

    /// The driver of this kind, or words why there is none.
    pub fn driver(&self, kind: DriverKind) -> Result<&Arc<dyn Driver>, StepError> {
        self.ports
            .drivers
            .get(&kind)
            .ok_or_else(|| match kind.is_of_a_place() {
                true => StepError::Platform(crate::text::no_driver(kind).into()),
                // Another server has it, or this one after the set-up.
                false => StepError::Wait(crate::text::no_driver(kind)),
            })
    }

    pub fn reference(&self) -> Reference {
        self.ports.dice.roll(Reference::random)
    }

    pub fn new_guest_id(&self) -> GuestId {
        self.ports.dice.roll(GuestId::random)
    }

    /// Tells listeners that something was written.
    pub fn ring(&self) {
        self.event_bell.send_modify(|count| *count += 1);
    }

    /// Tells reconcilers that something they look after has changed.
    pub fn call_reconcilers(&self) {
        self.reconcile_bell.send_modify(|count| *count += 1);
    }

    pub fn reconcile_signal(&self) -> watch::Receiver<u64> {
        self.reconcile_bell.subscribe()
    }

    pub fn events(&self) -> watch::Receiver<u64> {
        self.event_bell.subscribe()
    }

    /// Where the fetched source of a release lies until it is built.
    pub fn source_dir(&self, release: &ReleaseId) -> PathBuf {
        self.work_dir().join(release.to_string())
    }

    /// The folder of all fetched sources.
    pub fn work_dir(&self) -> PathBuf {
        self.config.data_dir.join("work")
    }

    /// Tells the log that a job has to wait, and why.
    pub fn tell_delay(&self, job: &JobId, cause: &(dyn std::error::Error + 'static)) {
        tracing::warn!(%job, error = crate::error::chain(cause), "job goes back on the queue");
    }

    /// A serving guest was seen here; the machine it was on before, where that is known. None: it is gone.
    pub fn machine_seen(
        &self,
        deployment: &DeploymentId,
        machine: Option<MachineSeen>,
    ) -> Option<MachineSeen> {
        let mut all = self
            .machines
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match machine {
            Some(machine) => all.insert(*deployment, machine),
            None => all.remove(deployment),
        }
    }

    /// Writes a warning for whoever listens; losing one is not worth failing for.
    pub async fn warn(&self, deployment: &DeploymentId, message: &str) {
        if let Err(error) = self.store().warn(deployment, message).await {
            tracing::warn!(%deployment, message, %error, "a warning could not be stored");
        }
        self.ring();
    }
}
