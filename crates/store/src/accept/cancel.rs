//! Cancelling what waits or is under way.

use domain::DeploymentId;
use domain::release::Version;
use domain::status::ReleaseEvent;

use super::{holder, queue};
use crate::database::Database;
use crate::error::Ran;
use crate::releases::end_cancelled;
use crate::tx::Tx;

pub(crate) async fn cancel(db: &Database, deployment: &DeploymentId) -> Ran<Vec<Version>> {
    let mut tx = db.write().await?;
    holder::managed(&mut tx, deployment).await?;
    let versions = cancel_all(&mut tx, deployment).await?;
    tx.commit().await?;
    Ok(versions)
}

async fn cancel_all(tx: &mut Tx<'_>, deployment: &DeploymentId) -> Ran<Vec<Version>> {
    let waiting = queue::waiting(tx, deployment).await?;
    let all = queue::under_way(tx, deployment).await?;
    let begun: Vec<_> = all
        .iter()
        .filter(|head| waiting.iter().all(|other| other.id != head.id))
        .collect();
    for head in &begun {
        queue::request_cancel(tx, head).await?;
    }
    for head in &waiting {
        tx.release_takes(head, ReleaseEvent::Cancel).await?;
        queue::drop_job(tx, head).await?;
        // While another one is under way the deployment waits for that one's end.
        if begun.is_empty() {
            end_cancelled(tx, head).await?;
        }
    }
    Ok(all.iter().map(|head| head.version).collect())
}
