//! Start, stop, restart, destroy.

use domain::job::Work;
use domain::ports::StoreError;
use domain::status::Event;
use domain::{DeploymentId, JobId, Status};

use super::{holder, queue};
use crate::database::Database;
use crate::error::{Ran, refused};
use crate::jobs::mark_deleted;
use crate::rows::{Read, work_kind};
use crate::sql::query;
use crate::text;
use crate::tx::Tx;

/// More than this many jobs of one deployment do not wait.
const MOST_WAITING: i64 = 16;

pub(crate) async fn work(
    db: &Database,
    deployment: &DeploymentId,
    work: &Work,
) -> Ran<Option<JobId>> {
    let mut tx = db.write().await?;
    let job = match work {
        Work::Deploy { .. } => return refused(text::NOT_A_WORK),
        Work::Destroy => destroy(&mut tx, deployment).await?,
        Work::Start | Work::Stop | Work::Restart => Some(turn(&mut tx, deployment, work).await?),
    };
    tx.commit().await?;
    Ok(job)
}

/// See the port: only where somebody waits behind them.
pub(crate) async fn let_pass(db: &Database, deployment: &DeploymentId) -> Ran<()> {
    let behind = query(
        "SELECT 1 FROM jobs WHERE deployment_id = ? AND kind IN ('start', 'restart') LIMIT 1",
    )
    .bind(deployment.to_string())
    .fetch_optional(db.read().await?.link())
    .await?;
    if behind.is_none() {
        return Ok(());
    }
    let mut tx = db.write().await?;
    queue::put_behind(&mut tx, deployment).await?;
    tx.commit().await
}

async fn turn(tx: &mut Tx<'_>, deployment: &DeploymentId, work: &Work) -> Ran<JobId> {
    let holder = holder::managed(tx, deployment).await?;
    let verb = work_kind(work);
    let event = match work {
        Work::Stop => Event::Stop,
        _ => Event::Started,
    };
    let status = tx.status(deployment).await?;
    if status.on(event).is_err() {
        return refused(text::under_way(&holder.name, verb));
    }
    if status != Status::Running && !has_served(tx, deployment).await? {
        return refused(text::never_served(&holder.name, verb));
    }
    // What cannot be begun yet keeps no app from being started: of a cluster, a release may wait for hours.
    let overtakes = matches!(work, Work::Start | Work::Restart);
    if overtakes && let Some(job) = before_what_was_put_off(tx, deployment, verb).await? {
        return Ok(job);
    }
    let job = match last_job(tx, deployment).await? {
        Some(last) if last.waits && last.kind == verb => last.id,
        _ if count_jobs(tx, deployment).await? >= MOST_WAITING => {
            return refused(text::queue_full(&holder.name));
        }
        _ => queue::job(tx, deployment, work).await?,
    };
    if overtakes {
        queue::put_behind(tx, deployment).await?;
    }
    Ok(job)
}

/// The waiting job of this kind that has only put-off releases behind it.
async fn before_what_was_put_off(
    tx: &mut Tx<'_>,
    deployment: &DeploymentId,
    verb: &str,
) -> Ran<Option<JobId>> {
    let now = tx.now();
    let row = query(
        "SELECT j.id FROM jobs j WHERE j.deployment_id = ? AND j.kind = ? \
         AND (j.lease_until IS NULL OR j.lease_until <= ?) AND NOT EXISTS (SELECT 1 FROM jobs o \
         WHERE o.deployment_id = j.deployment_id AND o.seq > j.seq AND NOT (o.kind = 'deploy' AND o.due_at > ?)) \
         ORDER BY j.seq DESC LIMIT 1",
    )
    .bind(deployment.to_string())
    .bind(verb)
    .bind(now)
    .bind(now)
    .fetch_optional(tx.link())
    .await?;
    row.map(|row| row.parsed("id")).transpose()
}

async fn has_served(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<bool> {
    let row = query("SELECT serving_release_id FROM managed WHERE deployment_id = ?")
        .bind(deployment.to_string())
        .fetch_one(tx.link())
        .await?;
    Ok(row.text_opt("serving_release_id")?.is_some())
}

struct Queued {
    id: JobId,
    kind: String,
    waits: bool,
}

/// The last job of the queue: what is asked again right behind itself is asked once.
async fn last_job(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Option<Queued>> {
    let now = tx.now();
    let row = query(
        "SELECT id, kind, lease_until FROM jobs WHERE deployment_id = ? ORDER BY seq DESC LIMIT 1",
    )
    .bind(deployment.to_string())
    .fetch_optional(tx.link())
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Queued {
        id: row.parsed("id")?,
        kind: row.text("kind")?,
        waits: row.int_opt("lease_until")?.is_none_or(|until| until <= now),
    }))
}

async fn count_jobs(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<i64> {
    let row = query("SELECT COUNT(*) AS jobs FROM jobs WHERE deployment_id = ?")
        .bind(deployment.to_string())
        .fetch_one(tx.link())
        .await?;
    row.int("jobs")
}

async fn destroy(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Option<JobId>> {
    let row = query(
        "SELECT CASE WHEN d.deleted_at IS NULL THEN 0 ELSE 1 END AS deleted, d.status, m.destroying FROM deployments d \
         LEFT JOIN managed m ON m.deployment_id = d.id WHERE d.id = ?",
    )
    .bind(deployment.to_string())
    .fetch_optional(tx.link())
    .await?
    .ok_or(StoreError::NotFound)?;
    if row.flag("deleted")? {
        return Ok(None);
    }
    match row.int_opt("destroying")? {
        None => {
            mark_record_deleted(tx, deployment, &row.text("status")?).await?;
            Ok(None)
        }
        Some(destroying) => destroy_managed(tx, deployment, destroying != 0)
            .await
            .map(Some),
    }
}

/// A record may stand at a status that nobody knows; its owner may still be rid of it.
async fn mark_record_deleted(tx: &mut Tx<'_>, deployment: &DeploymentId, word: &str) -> Ran<()> {
    match word.parse::<Status>() {
        Ok(status) if status != Status::Deleted => mark_deleted(tx, deployment).await,
        _ => {
            tx.set_status(deployment, word, Status::Deleted).await?;
            let now = tx.seed_now();
            query("UPDATE deployments SET deleted_at = ? WHERE id = ?")
                .bind(now)
                .bind(deployment.to_string())
                .execute(tx.link())
                .await?;
            Ok(())
        }
    }
}

async fn destroy_managed(
    tx: &mut Tx<'_>,
    deployment: &DeploymentId,
    asked_before: bool,
) -> Ran<JobId> {
    if asked_before && let Some(job) = destroy_job(tx, deployment).await? {
        return Ok(job);
    }
    query("UPDATE managed SET destroying = 1 WHERE deployment_id = ?")
        .bind(deployment.to_string())
        .execute(tx.link())
        .await?;
    queue::supersede(tx, deployment).await?;
    for head in queue::under_way(tx, deployment).await? {
        queue::request_cancel(tx, &head).await?;
    }
    let now = tx.now();
    // What would be started or stopped is gone soon.
    query(
        "DELETE FROM jobs WHERE deployment_id = ? AND kind IN ('start', 'stop', 'restart') \
         AND (lease_until IS NULL OR lease_until <= ?)",
    )
    .bind(deployment.to_string())
    .bind(now)
    .execute(tx.link())
    .await?;
    queue::job(tx, deployment, &Work::Destroy).await
}

async fn destroy_job(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Option<JobId>> {
    let row = query("SELECT id FROM jobs WHERE deployment_id = ? AND kind = 'destroy' LIMIT 1")
        .bind(deployment.to_string())
        .fetch_optional(tx.link())
        .await?;
    row.map(|row| row.parsed("id")).transpose()
}
