//! The queue: leases by the database's clock, fenced by an epoch.

use std::time::Duration;

use crate::sql::{Link, Row, query};
use async_trait::async_trait;
use domain::job::{Job, Lease, Work, WorkerId};
use domain::ports::{Jobs, StoreError, StoreResult};
use domain::release::Cause;
use domain::status::{Event, ReleaseEvent};
use domain::{DeploymentId, JobId, ReleaseId, Status};

use crate::database::Database;
use crate::dialect;
use crate::error::{During, Fault, Ran};
use crate::releases::end_abandoned;
use crate::rows::{self, Read, ReleaseHead};
use crate::tx::Tx;

/// How long the job of a deployment that cannot be read is put off.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(30);

/// Jobs of one deployment run in the order they were asked for, so only its oldest one can be leased; and only by the
/// server whose place holds its guests, or by any where they live at none. The table holds only what waits or runs:
/// walking it in order ends at the first job that is due.
pub(crate) const NEXT: &str = "SELECT j.* FROM jobs j WHERE j.due_at <= ? AND (j.lease_until IS NULL OR j.lease_until <= ?) \
    AND EXISTS (SELECT 1 FROM managed m WHERE m.deployment_id = j.deployment_id AND (m.place = ? OR m.place IS NULL)) \
    AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.deployment_id = j.deployment_id AND o.seq < j.seq) \
    ORDER BY j.seq LIMIT 1";

#[async_trait]
impl Jobs for Database {
    async fn lease(&self, worker: &WorkerId, ttl: Duration) -> StoreResult<Option<(Job, Lease)>> {
        lease(self, worker, ttl).await.during("lease a job")
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> StoreResult<()> {
        renew(self, lease, ttl).await.during("renew a lease")
    }

    async fn finish(&self, lease: &Lease) -> StoreResult<()> {
        finish(self, lease).await.during("finish a job")
    }

    async fn give_back(&self, lease: &Lease, after: Duration) -> StoreResult<()> {
        give_back(self, lease, after)
            .await
            .during("give a job back")
    }

    async fn take_over(&self, worker: &WorkerId) -> StoreResult<u64> {
        take_over(self, worker).await.during("end old leases")
    }

    async fn is_queued(&self, job: &JobId) -> StoreResult<bool> {
        is_queued(self, job).await.during("look for a job")
    }

    async fn queued(&self) -> StoreResult<u64> {
        queued(self).await.during("count jobs")
    }

    async fn deployment_took(
        &self,
        lease: &Lease,
        event: Event,
        story: Option<&str>,
    ) -> StoreResult<()> {
        took(self, lease, event, story)
            .await
            .during("change the status of a deployment")
    }

    async fn deployment_observed(
        &self,
        deployment: &DeploymentId,
        event: Event,
        story: Option<&str>,
    ) -> StoreResult<bool> {
        observed(self, deployment, event, story)
            .await
            .during("change the status of a deployment")
    }

    async fn destroyed(&self, lease: &Lease) -> StoreResult<()> {
        destroyed(self, lease)
            .await
            .during("mark a deployment deleted")
    }
}

/// Microseconds; a duration that no clock reaches is the far future.
pub(crate) fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}

/// Workers poll: an empty queue is found empty by a reader, and costs no write transaction.
async fn lease(db: &Database, worker: &WorkerId, ttl: Duration) -> Ran<Option<(Job, Lease)>> {
    let now = rows::micros(db.now().await?);
    if next(db, db.read().await?.link(), now, "").await?.is_none() {
        return Ok(None);
    }
    let mut tx = db.write().await?;
    let now = tx.now();
    let skip = dialect::skip_locked(db.dialect());
    let Some(row) = next(db, tx.link(), now, skip).await? else {
        return Ok(None);
    };
    let job = rows::job(&row)?;
    let epoch = row.int("epoch")? + 1;
    query("UPDATE jobs SET epoch = ?, attempts = attempts + 1, worker = ?, lease_until = ? WHERE id = ?")
        .bind(epoch)
        .bind(&worker.0)
        .bind(now.saturating_add(span(ttl)))
        .bind(job.id.to_string())
        .execute(tx.link())
        .await?;
    if let Work::Deploy { release } = &job.work {
        match wake_for(&mut tx, release).await {
            Err(Fault::Unreadable(which)) => return put_off(tx, &job, &which).await,
            woken => woken?,
        }
    }
    tx.commit().await?;
    let lease = Lease {
        job: job.id,
        deployment: job.deployment,
        epoch,
    };
    Ok(Some((job, lease)))
}

/// Another program broke the row. Its job waits until somebody mends it, and the jobs behind it do not.
async fn put_off(mut tx: Tx<'_>, job: &Job, which: &str) -> Ran<Option<(Job, Lease)>> {
    tracing::warn!(deployment = %job.deployment, which, "a job is put off: its deployment cannot be read");
    let due = tx.now().saturating_add(span(UNREADABLE_PAUSE));
    query("UPDATE jobs SET due_at = ?, lease_until = NULL, worker = NULL WHERE id = ?")
        .bind(due)
        .bind(job.id.to_string())
        .execute(tx.link())
        .await?;
    tx.commit().await?;
    Ok(None)
}

/// The turn of a release has come. What was done before it (a stop, a failed start, a failed release) may have left the
/// deployment where the release wants it to run: whoever reads the status from now on sees that it is on its way.
async fn wake_for(tx: &mut Tx<'_>, release: &ReleaseId) -> Ran<()> {
    let head = tx.release_head(release).await?;
    if head.status.is_under_way() && !head.cancel_requested {
        tx.wake(&head.deployment, head.cause == Cause::Deploy)
            .await?;
    }
    Ok(())
}

async fn next(db: &Database, link: Link<'_>, now: i64, locking: &str) -> Ran<Option<Row>> {
    let found = query(format!("{NEXT}{locking}"))
        .bind(now)
        .bind(now)
        .bind(db.here())
        .fetch_optional(link)
        .await?;
    Ok(found)
}

async fn renew(db: &Database, lease: &Lease, ttl: Duration) -> Ran<()> {
    let mut tx = db.write().await?;
    tx.fence(lease).await?;
    let until = tx.now().saturating_add(span(ttl));
    query("UPDATE jobs SET lease_until = ? WHERE id = ?")
        .bind(until)
        .bind(lease.job.to_string())
        .execute(tx.link())
        .await?;
    tx.commit().await
}

async fn finish(db: &Database, lease: &Lease) -> Ran<()> {
    let mut tx = db.write().await?;
    tx.fence(lease).await?;
    let row = query("SELECT release_id FROM jobs WHERE id = ?")
        .bind(lease.job.to_string())
        .fetch_one(tx.link())
        .await?;
    if let Some(release) = row.parsed_opt("release_id")? {
        end_abandoned(&mut tx, &release).await?;
    }
    query("DELETE FROM jobs WHERE id = ?")
        .bind(lease.job.to_string())
        .execute(tx.link())
        .await?;
    tx.commit().await
}

async fn give_back(db: &Database, lease: &Lease, after: Duration) -> Ran<()> {
    let mut tx = db.write().await?;
    tx.fence(lease).await?;
    let due = tx.now().saturating_add(span(after));
    query("UPDATE jobs SET due_at = ?, lease_until = NULL, worker = NULL WHERE id = ?")
        .bind(due)
        .bind(lease.job.to_string())
        .execute(tx.link())
        .await?;
    tx.commit().await
}

/// Their jobs are due at once: the workers are gone with their process, since one place has one. Where guests live at no
/// place another server may be at work; there this is done only when it cannot be.
async fn take_over(db: &Database, worker: &WorkerId) -> Ran<u64> {
    let mut tx = db.write().await?;
    let done = query(
        "UPDATE jobs SET lease_until = NULL, worker = NULL WHERE worker IS NOT NULL AND worker <> ? \
         AND EXISTS (SELECT 1 FROM managed m WHERE m.deployment_id = jobs.deployment_id \
         AND (m.place = ? OR (m.place IS NULL AND ? = 1)))",
    )
    .bind(&worker.0)
    .bind(db.here())
    .bind(i64::from(dialect::is_sole(db.dialect())))
    .execute(tx.link())
    .await?;
    tx.commit().await?;
    Ok(done)
}

async fn is_queued(db: &Database, job: &JobId) -> Ran<bool> {
    let row = query("SELECT 1 FROM jobs WHERE id = ?")
        .bind(job.to_string())
        .fetch_optional(db.read().await?.link())
        .await?;
    Ok(row.is_some())
}

async fn queued(db: &Database) -> Ran<u64> {
    let row = query("SELECT COUNT(*) AS jobs FROM jobs")
        .fetch_one(db.read().await?.link())
        .await?;
    row.number("jobs")
}

async fn took(db: &Database, lease: &Lease, event: Event, story: Option<&str>) -> Ran<()> {
    let mut tx = db.write().await?;
    tx.fence(lease).await?;
    tx.deployment_takes(&lease.deployment, event).await?;
    tx.tell_story(&lease.deployment, story).await?;
    tx.commit().await
}

async fn observed(
    db: &Database,
    deployment: &DeploymentId,
    event: Event,
    story: Option<&str>,
) -> Ran<bool> {
    let mut tx = db.write().await?;
    if tx.has_jobs(deployment).await? {
        return Ok(false);
    }
    tx.deployment_takes(deployment, event).await?;
    tx.tell_story(deployment, story).await?;
    tx.commit().await?;
    Ok(true)
}

/// Repeated after a crash, it is done already. A row that another program erased meanwhile has no status to change.
async fn destroyed(db: &Database, lease: &Lease) -> Ran<()> {
    let mut tx = db.write().await?;
    tx.fence(lease).await?;
    let id = &lease.deployment;
    match tx.status(id).await {
        Ok(Status::Deleted) => return Ok(()),
        Ok(_) => mark_deleted(&mut tx, id).await?,
        Err(Fault::Told(StoreError::NotFound)) => {}
        Err(fault) => return Err(fault),
    }
    end_releases(&mut tx, id).await?;
    erase(&mut tx, lease).await?;
    tx.commit().await
}

/// The row stays, with its status and time of death.
pub(crate) async fn mark_deleted(tx: &mut Tx<'_>, id: &DeploymentId) -> Ran<()> {
    tx.deployment_takes(id, Event::Destroyed).await?;
    let now = tx.seed_now();
    query("UPDATE deployments SET deleted_at = ?, error_message = NULL WHERE id = ?")
        .bind(now)
        .bind(id.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}

async fn end_releases(tx: &mut Tx<'_>, id: &DeploymentId) -> Ran<()> {
    let rows = query(
        "SELECT id, deployment_id, version, status, cause, cancel_requested, artifact FROM releases \
         WHERE deployment_id = ? AND status IN ('queued', 'building', 'starting', 'serving') ORDER BY version",
    )
    .bind(id.to_string())
    .fetch_all(tx.link())
    .await?;
    for row in &rows {
        let head = ReleaseHead::read(row)?;
        let event = match head.status.is_under_way() {
            true => ReleaseEvent::Cancel,
            false => ReleaseEvent::Replaced,
        };
        tx.release_takes(&head, event).await?;
    }
    Ok(())
}

/// Claims, artifacts, environments, secrets, and every job but the one that runs.
async fn erase(tx: &mut Tx<'_>, lease: &Lease) -> Ran<()> {
    const BY_DEPLOYMENT: [&str; 5] = [
        "DELETE FROM names WHERE deployment_id = ?",
        "UPDATE slots SET deployment_id = NULL WHERE deployment_id = ?",
        "DELETE FROM secrets WHERE deployment_id = ?",
        "UPDATE releases SET artifact = NULL, disk_bytes = 0, env = NULL WHERE deployment_id = ?",
        "UPDATE managed SET serving_release_id = NULL, destroying = 0 WHERE deployment_id = ?",
    ];
    for statement in BY_DEPLOYMENT {
        query(statement)
            .bind(lease.deployment.to_string())
            .execute(tx.link())
            .await?;
    }
    query("DELETE FROM jobs WHERE deployment_id = ? AND id <> ?")
        .bind(lease.deployment.to_string())
        .bind(lease.job.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}
