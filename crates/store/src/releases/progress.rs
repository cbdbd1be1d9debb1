//! A release on its way.

use domain::event::StepState;
use domain::job::Lease;
use domain::ports::{BuiltArtifact, StepRow, StoreError};
use domain::status::{Event, ReleaseEvent};
use domain::{Commit, Plan, ReleaseId, ReleaseStatus, Step};

use crate::database::Database;
use crate::error::Ran;
use crate::rows::{Read, ReleaseHead, to_json};
use crate::sql::query;
use crate::tx::Tx;

/// A release under a lease, unless its user cancelled it.
async fn wanted(tx: &mut Tx<'_>, lease: &Lease, release: &ReleaseId) -> Ran<ReleaseHead> {
    let head = tx.fenced_release(lease, release).await?;
    // What is live cannot be cancelled any more; a job that is resumed just behind that finishes.
    if head.cancel_requested && head.status != ReleaseStatus::Serving {
        return Err(StoreError::Cancelled.into());
    }
    Ok(head)
}

pub(super) async fn began(db: &Database, lease: &Lease, release: &ReleaseId) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = wanted(&mut tx, lease, release).await?;
    if !matches!(
        head.status,
        ReleaseStatus::Starting | ReleaseStatus::Serving
    ) {
        tx.release_takes(&head, ReleaseEvent::Build).await?;
    }
    if head.status != ReleaseStatus::Serving {
        tx.wake(&head.deployment, false).await?;
    }
    tx.deployment_takes(&head.deployment, Event::JobStarted)
        .await?;
    tx.commit().await
}

pub(super) async fn step_began(
    db: &Database,
    lease: &Lease,
    release: &ReleaseId,
    step: Step,
) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = wanted(&mut tx, lease, release).await?;
    let row = StepRow {
        step,
        done: false,
        skipped: false,
        millis: 0,
        progress: None,
    };
    write_step(&mut tx, &head, &row).await?;
    tx.step_happened(&head, step, StepState::Began).await?;
    tx.commit().await
}

pub(super) async fn step_done(
    db: &Database,
    lease: &Lease,
    release: &ReleaseId,
    row: &StepRow,
) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, release).await?;
    write_step(&mut tx, &head, row).await?;
    let state = match row.skipped {
        true => StepState::Skipped,
        false => StepState::Done { millis: row.millis },
    };
    tx.step_happened(&head, row.step, state).await?;
    tx.commit().await
}

async fn write_step(tx: &mut Tx<'_>, head: &ReleaseHead, row: &StepRow) -> Ran<()> {
    let ordinal = Step::ALL.iter().position(|step| *step == row.step);
    let ordinal = ordinal.map_or(-1, |place| place as i64);
    query("DELETE FROM steps WHERE release_id = ? AND ordinal = ?")
        .bind(head.id.to_string())
        .bind(ordinal)
        .execute(tx.link())
        .await?;
    let progress = row.progress.as_ref().map(to_json).transpose()?;
    query(
        "INSERT INTO steps (release_id, ordinal, step, done, skipped, millis, progress) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(head.id.to_string())
    .bind(ordinal)
    .bind(row.step.as_str())
    .bind(i64::from(row.done))
    .bind(i64::from(row.skipped))
    .bind(i64::try_from(row.millis).unwrap_or(i64::MAX))
    .bind(progress)
    .execute(tx.link())
    .await?;
    Ok(())
}

pub(super) async fn planned(
    db: &Database,
    lease: &Lease,
    release: &ReleaseId,
    commit: &Commit,
    plan: &Plan,
) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, release).await?;
    query("UPDATE releases SET commit_hash = ?, plan = ? WHERE id = ?")
        .bind(commit.as_str())
        .bind(to_json(plan)?)
        .bind(head.id.to_string())
        .execute(tx.link())
        .await?;
    add_warnings(&mut tx, &head, &plan.warnings).await?;
    query("UPDATE deployments SET framework = ? WHERE id = ?")
        .bind(&plan.framework)
        .bind(head.deployment.to_string())
        .execute(tx.link())
        .await?;
    tx.commit().await
}

pub(super) async fn built(
    db: &Database,
    lease: &Lease,
    release: &ReleaseId,
    built: &BuiltArtifact,
) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, release).await?;
    query("UPDATE releases SET artifact = ?, base = ?, disk_bytes = ? WHERE id = ?")
        .bind(built.artifact.as_str())
        .bind(built.base.as_str())
        .bind(i64::try_from(built.bytes).unwrap_or(i64::MAX))
        .bind(head.id.to_string())
        .execute(tx.link())
        .await?;
    tx.release_takes(&head, ReleaseEvent::Start).await?;
    tx.commit().await
}

pub(super) async fn provisioned(
    db: &Database,
    lease: &Lease,
    release: &ReleaseId,
    tier: &str,
) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, release).await?;
    query("UPDATE releases SET tier = ? WHERE id = ?")
        .bind(tier)
        .bind(head.id.to_string())
        .execute(tx.link())
        .await?;
    started(&mut tx, &head).await?;
    tx.wake(&head.deployment, false).await?;
    tx.deployment_takes(&head.deployment, Event::GuestReady)
        .await?;
    tx.commit().await
}

/// A release that took its artifact from another one has nothing to build: it is `starting` once its guest is there.
pub(super) async fn started(tx: &mut Tx<'_>, head: &ReleaseHead) -> Ran<ReleaseHead> {
    let early = matches!(head.status, ReleaseStatus::Queued | ReleaseStatus::Building);
    if early && head.has_artifact {
        tx.release_takes(head, ReleaseEvent::Start).await?;
    }
    tx.release_head(&head.id).await
}

pub(super) async fn warned(
    db: &Database,
    lease: &Lease,
    release: &ReleaseId,
    warnings: &[String],
) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, release).await?;
    add_warnings(&mut tx, &head, warnings).await?;
    tx.commit().await
}

async fn add_warnings(tx: &mut Tx<'_>, head: &ReleaseHead, more: &[String]) -> Ran<()> {
    let row = query("SELECT warnings FROM releases WHERE id = ?")
        .bind(head.id.to_string())
        .fetch_one(tx.link())
        .await?;
    let mut all: Vec<String> = row.json("warnings")?;
    for warning in more {
        if !all.contains(warning) {
            all.push(warning.clone());
        }
    }
    query("UPDATE releases SET warnings = ? WHERE id = ?")
        .bind(to_json(&all)?)
        .bind(head.id.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}
