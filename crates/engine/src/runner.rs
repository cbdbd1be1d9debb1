//! Workers: lease jobs, hold the leases, run the jobs. A lost lease stops a job at once; an unreachable database puts it
//! back on the queue.

use std::sync::Arc;
use std::time::Duration;

use domain::ReleaseId;
use domain::job::{Job, Lease, Work};
use domain::ports::StoreError;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::context::Context;
use crate::error::{StepError, chain};
use crate::trust::Trust;
use crate::{deploy, work};

/// Jobs in hand at once. Deploys among them wait for their own bound, so a stop never queues behind builds.
const SLOTS: usize = 64;
/// How often an idle queue is looked at when nobody rings.
const IDLE: Duration = Duration::from_secs(2);
/// A job that the database refused comes back after this long.
const LATER: Duration = Duration::from_secs(2);

/// One leased job at work.
pub(crate) struct Run {
    pub ctx: Arc<Context>,
    pub lease: Lease,
    trust: Trust,
}

impl Run {
    /// A job that was asked for at this moment.
    fn new(ctx: Arc<Context>, lease: Lease, asked: Instant) -> Self {
        let trust = Trust::none();
        trust.extend(asked, ctx.config.limits.lease);
        Self { ctx, lease, trust }
    }

    /// Refuses to go on once the lease may have gone to another worker: asked before everything that changes the world.
    pub fn check(&self) -> Result<(), StepError> {
        if self.trust.holds() && !self.ctx.closing.is_cancelled() {
            Ok(())
        } else {
            Err(StepError::Lost)
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
            () = self.ctx.closing.cancelled() => Err(StepError::Lost),
            done = self.trust.guard(task) => done.unwrap_or(Err(StepError::Lost)),
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

    /// Tells what the job waits for, where that is news; true when it is.
    pub async fn waits(&self, why: &str) -> bool {
        let ctx = &self.ctx;
        let is_news = ctx.waits.note(&self.lease, why, ctx.clock().now());
        if is_news {
            tracing::info!(job = %self.lease.job, deployment = %self.lease.deployment, why, "job waits");
            ctx.warn(&self.lease.deployment, &crate::text::waiting(why))
                .await;
        }
        is_news
    }

    /// Renews the lease until it is lost. What hangs here is left to the trust, which ends by itself.
    async fn heartbeat(&self) {
        let ttl = self.ctx.config.limits.lease;
        let mut pause = ttl / 3;
        loop {
            self.ctx.clock().sleep(pause).await;
            let asked = Instant::now();
            pause = match self.ctx.store().renew(&self.lease, ttl).await {
                Ok(()) => {
                    self.trust.extend(asked, ttl);
                    ttl / 3
                }
                Err(StoreError::LeaseLost) => return self.trust.lose(),
                Err(error) => {
                    tracing::warn!(job = %self.lease.job, %error, "a lease could not be renewed");
                    ttl / 15
                }
            };
        }
    }
}

/// Leases and runs jobs until the engine closes, then gives back what it holds.
pub(crate) async fn run_jobs(ctx: Arc<Context>) {
    let mut running = JoinSet::new();
    while !ctx.closing.is_cancelled() {
        while running.try_join_next().is_some() {}
        match next_job(&ctx, running.len()).await {
            Some(run) => drop(running.spawn(run_job(run))),
            None => wait_for_work(&ctx, &mut running).await,
        }
    }
    while running.join_next().await.is_some() {}
}

/// The next job, while this server has its place. A database that hangs is not waited for beyond what the lease would be
/// worth; a job that it leased all the same comes back when that lease ends.
async fn next_job(ctx: &Arc<Context>, in_hand: usize) -> Option<(Run, Job)> {
    if in_hand >= SLOTS || !ctx.presence.holds() {
        return None;
    }
    let (asked, ttl) = (Instant::now(), ctx.config.limits.lease);
    let leased = ctx.store().lease(&ctx.config.worker, ttl);
    let found = tokio::select! {
        () = ctx.closing.cancelled() => return None,
        found = tokio::time::timeout(ttl / 3, leased) => found,
    };
    match found {
        Ok(Ok(found)) => found.map(|(job, lease)| (Run::new(ctx.clone(), lease, asked), job)),
        Ok(Err(error)) => {
            tracing::warn!(error = chain(&error), "the queue does not answer");
            None
        }
        Err(_) => {
            tracing::warn!("the queue does not answer in time");
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
        () = next_wait_is_over(ctx) => {}
        () = tokio::time::sleep(IDLE) => {}
    }
}

/// Ends when a job that waits is due again; never when none waits.
async fn next_wait_is_over(ctx: &Context) {
    match ctx.waits.soonest(ctx.clock().now()) {
        Some(time) => ctx.clock().sleep(time).await,
        None => std::future::pending().await,
    }
}

/// Every step of the job is taken under the trust in its lease: one that wakes up too late takes none.
async fn run_job((run, job): (Run, Job)) {
    let outcome = tokio::select! {
        biased;
        () = run.heartbeat() => Err(StepError::Lost),
        outcome = run.trust.guard(perform(&run, &job)) => outcome.unwrap_or(Err(StepError::Lost)),
    };
    let bound = run.ctx.config.limits.lease;
    if tokio::time::timeout(bound, settle(&run, &job, outcome))
        .await
        .is_err()
    {
        tracing::warn!(job = %job.id, "job could not be settled in time; its lease will end");
    }
    run.ctx.ring();
    run.ctx.call_reconcilers();
}

async fn perform(run: &Run, job: &Job) -> Result<(), StepError> {
    tracing::info!(job = %job.id, deployment = %job.deployment, work = ?job.work, attempts = job.attempts, "job begins");
    match &job.work {
        Work::Deploy { release } => deploy::deploy(run, release).await,
        Work::Start => wait_or(run, work::start(run, &job.deployment).await).await,
        Work::Stop => wait_or(run, work::stop(run, &job.deployment).await).await,
        Work::Restart => wait_or(run, work::restart(run, &job.deployment).await).await,
        Work::Destroy => wait_or(run, work::destroy(run, &job.deployment).await).await,
    }
}

/// What a cluster cannot do now is waited for, and told.
async fn wait_or(run: &Run, outcome: Result<(), StepError>) -> Result<(), StepError> {
    let Err(error @ (StepError::Again(_) | StepError::Failed(_) | StepError::Wait(_))) = outcome
    else {
        return outcome;
    };
    let facts = run.ctx.store().facts(&run.lease.deployment).await?;
    let error = facts
        .map(|facts| facts.driver)
        .into_iter()
        .fold(error, StepError::or_wait);
    if let StepError::Wait(why) = &error {
        run.waits(why).await;
    }
    Err(error)
}

/// What becomes of the job. Deploys tell their own failures; what reaches this place is about the job itself.
async fn settle(run: &Run, job: &Job, outcome: Result<(), StepError>) {
    let store = run.ctx.store();
    if !matches!(outcome, Err(StepError::Wait(_) | StepError::Later(_))) {
        run.ctx.waits.over(&run.lease);
    }
    let settled = match outcome {
        Ok(()) => store.finish(&run.lease).await,
        // Given back, so that the next controller need not wait for the lease to end. Refused when another has it.
        Err(StepError::Lost) => store.give_back(&run.lease, Duration::ZERO).await,
        Err(StepError::Wait(_)) => put_off(run).await,
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

/// The job comes again later; a start behind it need not wait for that.
async fn put_off(run: &Run) -> Result<(), StoreError> {
    let (store, pause) = (run.ctx.store(), run.ctx.waits.pause(&run.lease));
    store.give_back(&run.lease, pause).await?;
    store.let_pass(&run.lease.deployment).await
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
