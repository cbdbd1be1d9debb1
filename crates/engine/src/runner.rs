//! Workers: lease jobs, hold the leases, run the jobs. A lost lease stops a job at once; an unreachable database puts it
//! back on the queue.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ReleaseId;
use domain::job::{Job, LEASE_TTL, Lease, Work};
use domain::ports::StoreError;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::error::{StepError, chain};
use crate::{deploy, work};

/// Jobs in hand at once. Deploys among them wait for their own bound, so a stop never queues behind builds.
const SLOTS: usize = 64;
/// How often an idle queue is looked at when nobody rings.
const IDLE: Duration = Duration::from_secs(2);
/// A job that the database refused comes back after this long.
const LATER: Duration = Duration::from_secs(2);
/// A lease is trusted until this long before its end: the clocks of two machines never agree to the second.
const MARGIN: Duration = Duration::from_secs(5);

/// One leased job at work.
pub(crate) struct Run {
    pub ctx: Arc<Context>,
    pub lease: Lease,
    lost: CancellationToken,
    trusted_until: Mutex<Instant>,
}

impl Run {
    fn new(ctx: Arc<Context>, lease: Lease) -> Self {
        let lost = ctx.closing.child_token();
        Self {
            ctx,
            lease,
            lost,
            trusted_until: Mutex::new(Instant::now() + LEASE_TTL - MARGIN),
        }
    }

    /// Refuses to go on once the lease may have gone to another worker: asked before everything that changes the world.
    pub fn check(&self) -> Result<(), StepError> {
        let until = *self
            .trusted_until
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.lost.is_cancelled() || Instant::now() >= until {
            Err(StepError::Lost)
        } else {
            Ok(())
        }
    }

    /// Runs something long: it is dropped when the lease is lost.
    pub async fn hold<T>(
        &self,
        task: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        self.check()?;
        tokio::select! {
            biased;
            () = self.lost.cancelled() => Err(StepError::Lost),
            done = task => done,
        }
    }

    /// As [`Run::hold`], also dropped when the user cancels the release.
    pub async fn hold_wanted<T>(
        &self,
        release: &ReleaseId,
        task: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        tokio::select! {
            biased;
            stopped = self.cancelled(release) => Err(stopped),
            done = self.hold(task) => done,
        }
    }

    /// Ends when the user cancels the release.
    async fn cancelled(&self, release: &ReleaseId) -> StepError {
        let mut bell = self.ctx.events();
        loop {
            match self.ctx.store().is_cancelled(release).await {
                Ok(true) => return StepError::Cancelled,
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(%release, %error, "cannot tell whether it is cancelled")
                }
            }
            // Another server may have written the wish, and then nobody rings here.
            let _ = tokio::time::timeout(IDLE, bell.changed()).await;
        }
    }

    /// Renews the lease until it is lost or dropped.
    async fn heartbeat(&self) {
        loop {
            self.ctx.clock().sleep(LEASE_TTL / 3).await;
            let asked = Instant::now();
            match self.ctx.store().renew(&self.lease, LEASE_TTL).await {
                Ok(()) => {
                    let mut until = self
                        .trusted_until
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    *until = asked + LEASE_TTL - MARGIN;
                }
                Err(StoreError::LeaseLost) => return self.lost.cancel(),
                Err(error) => {
                    tracing::warn!(job = %self.lease.job, %error, "a lease could not be renewed")
                }
            }
            if self.check().is_err() {
                return self.lost.cancel();
            }
        }
    }
}

/// Leases and runs jobs until the engine closes, then gives back what it holds.
pub(crate) async fn run_jobs(ctx: Arc<Context>) {
    let mut running = JoinSet::new();
    while !ctx.closing.is_cancelled() {
        while running.try_join_next().is_some() {}
        match next_job(&ctx, running.len()).await {
            Some((job, lease)) => drop(running.spawn(run_job(ctx.clone(), job, lease))),
            None => wait_for_work(&ctx, &mut running).await,
        }
    }
    while running.join_next().await.is_some() {}
}

async fn next_job(ctx: &Context, in_hand: usize) -> Option<(Job, Lease)> {
    if in_hand >= SLOTS {
        return None;
    }
    match ctx.store().lease(&ctx.config.worker, LEASE_TTL).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(error = chain(&error), "the queue does not answer");
            None
        }
    }
}

async fn wait_for_work(ctx: &Context, running: &mut JoinSet<()>) {
    tokio::select! {
        () = ctx.closing.cancelled() => {}
        () = ctx.job_bell.notified() => {}
        // The end of a job may make the next one of its deployment due.
        Some(_) = running.join_next() => {}
        () = tokio::time::sleep(IDLE) => {}
    }
}

async fn run_job(ctx: Arc<Context>, job: Job, lease: Lease) {
    let run = Run::new(ctx.clone(), lease);
    let outcome = tokio::select! {
        outcome = perform(&run, &job) => outcome,
        () = run.heartbeat() => Err(StepError::Lost),
    };
    settle(&run, &job, outcome).await;
    ctx.ring();
    ctx.call_reconcilers();
}

async fn perform(run: &Run, job: &Job) -> Result<(), StepError> {
    tracing::info!(job = %job.id, deployment = %job.deployment, work = ?job.work, attempts = job.attempts, "job begins");
    match &job.work {
        Work::Deploy { release } => deploy::deploy(run, release).await,
        Work::Start => work::start(run, &job.deployment).await,
        Work::Stop => work::stop(run, &job.deployment).await,
        Work::Restart => work::restart(run, &job.deployment).await,
        Work::Destroy => work::destroy(run, &job.deployment).await,
    }
}

/// What becomes of the job. Deploys tell their own failures; what reaches this place is about the job itself.
async fn settle(run: &Run, job: &Job, outcome: Result<(), StepError>) {
    let store = run.ctx.store();
    let settled = match outcome {
        Ok(()) => store.finish(&run.lease).await,
        // Given back, so that the next controller need not wait for the lease to end. Refused when another has it.
        Err(StepError::Lost) => store.give_back(&run.lease, Duration::ZERO).await,
        Err(StepError::Later(cause) | StepError::Again(cause)) => {
            run.ctx.tell_delay(&run.lease.job, &*cause);
            store.give_back(&run.lease, LATER).await
        }
        Err(error) => {
            tell_failure(run, job, &error).await;
            store.finish(&run.lease).await
        }
    };
    if let Err(error) = settled.or_else(lost_is_settled) {
        tracing::warn!(job = %job.id, error = chain(&error), "job could not be settled; its lease will end");
    }
}

async fn tell_failure(run: &Run, job: &Job, error: &StepError) {
    let reference = run.ctx.reference();
    tracing::error!(job = %job.id, %reference, error = chain(error), "job failed");
    let story = crate::text::job_failed(&job.work, error, &reference);
    run.ctx.warn(&job.deployment, &story).await;
}

/// A job that another worker has is not ours to settle.
fn lost_is_settled(error: StoreError) -> Result<(), StoreError> {
    match error {
        StoreError::LeaseLost => Ok(()),
        other => Err(other),
    }
}
