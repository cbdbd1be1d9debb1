//! Putting releases and work on the queue.

use domain::event::Happened;
use domain::job::Work;
use domain::ports::Accepted;
use domain::release::Version;
use domain::status::ReleaseEvent;
use domain::{DeploymentId, JobId, Release, ReleaseId, ReleaseStatus};

use super::draft::Draft;
use crate::error::Ran;
use crate::rows::{self, Read, ReleaseHead, work_kind, work_release};
use crate::sql::query;
use crate::tx::Tx;

/// The newest release, whatever became of it.
pub(super) async fn newest(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Option<Release>> {
    let row = query("SELECT * FROM releases WHERE deployment_id = ? ORDER BY version DESC LIMIT 1")
        .bind(deployment.to_string())
        .fetch_optional(tx.link())
        .await?;
    row.map(|row| rows::release(&row, tx.db.vault()))
        .transpose()
}

/// Writes a release and its job. What waited ends `superseded`; what is under way goes on.
pub(super) async fn release(
    tx: &mut Tx<'_>,
    deployment: &DeploymentId,
    draft: &Draft,
) -> Ran<Accepted> {
    let superseded = supersede(tx, deployment).await?;
    let id = tx.db.dice().roll(|rng| ReleaseId::random(rng));
    let version = next_version(tx, deployment).await?;
    draft.insert(tx, &id, deployment, version).await?;
    query("UPDATE managed SET newest_release_id = ? WHERE deployment_id = ?")
        .bind(id.to_string())
        .bind(deployment.to_string())
        .execute(tx.link())
        .await?;
    let what = Happened::Release {
        version,
        status: ReleaseStatus::Queued,
    };
    tx.happened(deployment, &what).await?;
    job(tx, deployment, &Work::Deploy { release: id }).await?;
    Ok(Accepted {
        deployment: *deployment,
        release: id,
        version,
        created: false,
        superseded,
    })
}

async fn next_version(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Version> {
    let row =
        query("SELECT COALESCE(MAX(version), 0) + 1 AS next FROM releases WHERE deployment_id = ?")
            .bind(deployment.to_string())
            .fetch_one(tx.link())
            .await?;
    Ok(Version(row.number("next")?))
}

/// Puts work behind everything else of its deployment.
pub(super) async fn job(tx: &mut Tx<'_>, deployment: &DeploymentId, work: &Work) -> Ran<JobId> {
    let id = tx.db.dice().roll(|rng| JobId::random(rng));
    let now = tx.now();
    query("INSERT INTO jobs (id, deployment_id, kind, release_id, due_at) VALUES (?, ?, ?, ?, ?)")
        .bind(id.to_string())
        .bind(deployment.to_string())
        .bind(work_kind(work))
        .bind(work_release(work).map(|release| release.to_string()))
        .bind(now)
        .execute(tx.link())
        .await?;
    Ok(id)
}

/// Releases that were put off to be tried later go behind what was asked for last: the same jobs, in another order.
pub(super) async fn put_behind(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<()> {
    let now = tx.now();
    let rows = query(
        "SELECT id, release_id, attempts, epoch, due_at FROM jobs WHERE deployment_id = ? AND kind = 'deploy' \
         AND due_at > ? AND (lease_until IS NULL OR lease_until <= ?) ORDER BY seq",
    )
    .bind(deployment.to_string())
    .bind(now)
    .bind(now)
    .fetch_all(tx.link())
    .await?;
    for row in &rows {
        let id = row.text("id")?;
        query("DELETE FROM jobs WHERE id = ?")
            .bind(id.as_str())
            .execute(tx.link())
            .await?;
        query(
            "INSERT INTO jobs (id, deployment_id, kind, release_id, attempts, epoch, due_at) \
             VALUES (?, ?, 'deploy', ?, ?, ?, ?)",
        )
        .bind(id)
        .bind(deployment.to_string())
        .bind(row.text_opt("release_id")?)
        .bind(row.int("attempts")?)
        .bind(row.int("epoch")?)
        .bind(row.int("due_at")?)
        .execute(tx.link())
        .await?;
    }
    Ok(())
}

/// Releases that no worker has begun: queued, and their job not under a live lease.
pub(crate) const WAITING: &str = "SELECT r.id, r.deployment_id, r.version, r.status, r.cause, r.cancel_requested, r.artifact \
    FROM releases r WHERE r.deployment_id = ? AND r.status = 'queued' AND NOT EXISTS \
    (SELECT 1 FROM jobs j WHERE j.release_id = r.id AND j.lease_until > ?) ORDER BY r.version";

pub(super) async fn waiting(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Vec<ReleaseHead>> {
    let now = tx.now();
    let rows = query(WAITING)
        .bind(deployment.to_string())
        .bind(now)
        .fetch_all(tx.link())
        .await?;
    rows.iter().map(ReleaseHead::read).collect()
}

/// Ends what waits, and takes its jobs off the queue.
pub(super) async fn supersede(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Vec<Version>> {
    let heads = waiting(tx, deployment).await?;
    for head in &heads {
        tx.release_takes(head, ReleaseEvent::Supersede).await?;
        drop_job(tx, head).await?;
    }
    Ok(heads.iter().map(|head| head.version).collect())
}

pub(super) async fn drop_job(tx: &mut Tx<'_>, head: &ReleaseHead) -> Ran<()> {
    query("DELETE FROM jobs WHERE release_id = ?")
        .bind(head.id.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}

/// Releases under way, oldest first.
pub(super) async fn under_way(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Vec<ReleaseHead>> {
    let rows = query(
        "SELECT id, deployment_id, version, status, cause, cancel_requested, artifact FROM releases \
         WHERE deployment_id = ? AND status IN ('queued', 'building', 'starting') ORDER BY version",
    )
    .bind(deployment.to_string())
    .fetch_all(tx.link())
    .await?;
    rows.iter().map(ReleaseHead::read).collect()
}

/// Asks the worker that has it, or will have it again, to end a release.
pub(super) async fn request_cancel(tx: &mut Tx<'_>, head: &ReleaseHead) -> Ran<()> {
    query("UPDATE releases SET cancel_requested = 1 WHERE id = ?")
        .bind(head.id.to_string())
        .execute(tx.link())
        .await?;
    // One that was given back to be tried later is ended now rather than then.
    let now = tx.now();
    query("UPDATE jobs SET due_at = ? WHERE release_id = ? AND due_at > ?")
        .bind(now)
        .bind(head.id.to_string())
        .bind(now)
        .execute(tx.link())
        .await?;
    Ok(())
}

/// The deployment is `pending` again where nothing serves. What its user stopped stays stopped unless `starts`. While a
/// start, stop or restart is on the queue, the status is that job's: the release wakes the deployment when its turn comes.
pub(super) async fn wake(tx: &mut Tx<'_>, deployment: &DeploymentId, starts: bool) -> Ran<()> {
    let turn = query("SELECT 1 FROM jobs WHERE deployment_id = ? AND kind <> 'deploy' LIMIT 1")
        .bind(deployment.to_string())
        .fetch_optional(tx.link())
        .await?;
    match turn {
        Some(_) => Ok(()),
        None => tx.wake(deployment, starts).await,
    }
}
