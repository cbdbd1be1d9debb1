//! How a release ends: live, failed, cancelled.

use domain::event::StepState;
use domain::job::Lease;
use domain::status::{Event, ReleaseEvent};
use domain::{Failure, FailureKind, ReleaseId, ReleaseStatus, Status};

use super::progress::started;
use crate::database::Database;
use crate::error::Ran;
use crate::rows::{Read, ReleaseHead, step, to_json};
use crate::sql::query;
use crate::text;
use crate::tx::Tx;

pub(super) async fn live(
    db: &Database,
    lease: &Lease,
    release: &ReleaseId,
    dormant: bool,
) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, release).await?;
    if head.status == ReleaseStatus::Serving {
        return Ok(());
    }
    let head = started(&mut tx, &head).await?;
    if !dormant {
        tx.wake(&head.deployment, false).await?;
        tx.deployment_takes(&head.deployment, Event::ReleaseLive)
            .await?;
    }
    replace_serving(&mut tx, &head).await?;
    tx.release_takes(&head, ReleaseEvent::Serve).await?;
    let now = tx.seed_now();
    query("UPDATE deployments SET deployed_at = COALESCE(deployed_at, ?), error_message = NULL WHERE id = ?")
        .bind(now)
        .bind(head.deployment.to_string())
        .execute(tx.link())
        .await?;
    tx.commit().await
}

/// What served before is kept, and the new one takes its place.
async fn replace_serving(tx: &mut Tx<'_>, head: &ReleaseHead) -> Ran<()> {
    let row = query("SELECT serving_release_id FROM managed WHERE deployment_id = ?")
        .bind(head.deployment.to_string())
        .fetch_one(tx.link())
        .await?;
    if let Some(before) = row.parsed_opt::<ReleaseId>("serving_release_id")? {
        let before = tx.release_head(&before).await?;
        tx.release_takes(&before, ReleaseEvent::Replaced).await?;
    }
    query("UPDATE managed SET serving_release_id = ? WHERE deployment_id = ?")
        .bind(head.id.to_string())
        .bind(head.deployment.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}

pub(super) async fn failed(
    db: &Database,
    lease: &Lease,
    release: &ReleaseId,
    failure: &Failure,
) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, release).await?;
    if head.status == ReleaseStatus::Failed {
        return Ok(());
    }
    end_failed(&mut tx, &head, failure).await?;
    tx.commit().await
}

async fn end_failed(tx: &mut Tx<'_>, head: &ReleaseHead, failure: &Failure) -> Ran<()> {
    query("UPDATE releases SET failure = ? WHERE id = ?")
        .bind(to_json(failure)?)
        .bind(head.id.to_string())
        .execute(tx.link())
        .await?;
    cut_steps(tx, head).await?;
    tx.release_takes(head, ReleaseEvent::Fail).await?;
    tx.deployment_takes(&head.deployment, Event::ReleaseEnded)
        .await?;
    tx.tell_story(&head.deployment, Some(&failure.story()))
        .await
}

/// The job of a release is over without having ended it, by a fault of the platform. Without this it would be under way
/// for ever, with nobody to see to it.
pub(crate) async fn end_abandoned(tx: &mut Tx<'_>, release: &ReleaseId) -> Ran<()> {
    let head = tx.release_head(release).await?;
    if head.status.is_over() {
        return Ok(());
    }
    if head.cancel_requested {
        tx.release_takes(&head, ReleaseEvent::Cancel).await?;
        return end_cancelled(tx, &head).await;
    }
    let failure = Failure::new(FailureKind::Platform, text::ABANDONED).cure(text::ABANDONED_CURE);
    end_failed(tx, &head, &failure).await
}

/// The step that ran is told as failed.
async fn cut_steps(tx: &mut Tx<'_>, head: &ReleaseHead) -> Ran<()> {
    let rows = query(
        "SELECT * FROM steps WHERE release_id = ? AND done = 0 AND skipped = 0 ORDER BY ordinal",
    )
    .bind(head.id.to_string())
    .fetch_all(tx.link())
    .await?;
    for row in &rows {
        tx.step_happened(head, step(row)?.step, StepState::Failed)
            .await?;
    }
    Ok(())
}

pub(super) async fn cancelled(db: &Database, lease: &Lease, release: &ReleaseId) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, release).await?;
    if head.status == ReleaseStatus::Cancelled {
        return Ok(());
    }
    tx.release_takes(&head, ReleaseEvent::Cancel).await?;
    end_cancelled(&mut tx, &head).await?;
    tx.commit().await
}

/// The deployment after one of its releases was cancelled. Where another one serves, nothing is told of it there.
pub(crate) async fn end_cancelled(tx: &mut Tx<'_>, head: &ReleaseHead) -> Ran<()> {
    let status = tx
        .deployment_takes(&head.deployment, Event::ReleaseEnded)
        .await?;
    if status == Status::Failed {
        let story = text::release_cancelled(head.version);
        tx.tell_story(&head.deployment, Some(&story)).await?;
    }
    Ok(())
}
