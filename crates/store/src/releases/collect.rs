//! Artifacts that nobody needs any more.

use domain::{ArtifactId, DeploymentId, Release, ReleaseId};

use crate::database::Database;
use crate::error::Ran;
use crate::rows;
use crate::sql::query;

const MOST: u32 = 1000;

/// The index over `artifact` leaves out the releases that hold none: only what is on disk is walked.
pub(crate) const COLLECTABLE: &str = "SELECT r.* FROM releases r WHERE r.artifact > '' AND \
    (r.status IN ('failed', 'cancelled', 'superseded') OR (r.status = 'kept' AND \
    (SELECT COUNT(*) FROM releases n WHERE n.deployment_id = r.deployment_id AND n.version > r.version \
     AND n.status IN ('serving', 'kept') AND n.artifact IS NOT NULL) >= ?)) \
    AND EXISTS (SELECT 1 FROM managed m WHERE m.deployment_id = r.deployment_id \
     AND (m.place = ? OR m.place IS NULL)) \
    ORDER BY r.id LIMIT ?";

pub(super) async fn collectable(db: &Database, keep: u32, limit: u32) -> Ran<Vec<Release>> {
    let found = query(COLLECTABLE)
        .bind(keep)
        .bind(db.here())
        .bind(limit.min(MOST))
        .fetch_all(db.read().await?.link())
        .await?;
    found
        .iter()
        .map(|row| rows::release(row, db.vault()))
        .collect()
}

pub(crate) const IN_USE: &str = "SELECT 1 FROM releases WHERE artifact = ? AND deployment_id = ? AND id <> ? \
    AND status IN ('queued', 'building', 'starting', 'serving', 'kept') LIMIT 1";

pub(super) async fn in_use(
    db: &Database,
    deployment: &DeploymentId,
    artifact: &ArtifactId,
    except: &ReleaseId,
) -> Ran<bool> {
    let row = query(IN_USE)
        .bind(artifact.as_str())
        .bind(deployment.to_string())
        .bind(except.to_string())
        .fetch_optional(db.read().await?.link())
        .await?;
    Ok(row.is_some())
}

pub(super) async fn collected(db: &Database, release: &ReleaseId) -> Ran<()> {
    let mut tx = db.write().await?;
    query("UPDATE releases SET artifact = NULL, disk_bytes = 0 WHERE id = ?")
        .bind(release.to_string())
        .execute(tx.link())
        .await?;
    tx.commit().await
}
