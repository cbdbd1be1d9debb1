//! Back to an earlier release.

use domain::release::{Cause, Version};
use domain::{DeploymentId, Release, ReleaseStatus};

use super::draft::Draft;
use crate::error::{Ran, refused};
use crate::rows;
use crate::sql::query;
use crate::text;
use crate::tx::Tx;

pub(super) async fn draft(
    tx: &mut Tx<'_>,
    deployment: &DeploymentId,
    name: &str,
    to: Option<Version>,
    discard_data: bool,
) -> Ran<Draft> {
    let target = match to {
        Some(version) => chosen(tx, deployment, name, version).await?,
        None => before(tx, deployment, name).await?,
    };
    let mut draft = Draft::of(&target, Cause::Rollback);
    draft.options.discard_data = discard_data;
    Ok(draft)
}

/// The one that served before: releases go live in the order of their numbers.
const BEFORE: &str = "SELECT * FROM releases WHERE deployment_id = ? AND status = 'kept' AND artifact IS NOT NULL \
    ORDER BY version DESC LIMIT 1";

async fn before(tx: &mut Tx<'_>, deployment: &DeploymentId, name: &str) -> Ran<Release> {
    let row = query(BEFORE)
        .bind(deployment.to_string())
        .fetch_optional(tx.link())
        .await?;
    match row {
        Some(row) => rows::release(&row, tx.db.vault()),
        None => refused(text::no_rollback(name)),
    }
}

async fn chosen(
    tx: &mut Tx<'_>,
    deployment: &DeploymentId,
    name: &str,
    version: Version,
) -> Ran<Release> {
    let row = query("SELECT * FROM releases WHERE deployment_id = ? AND version = ?")
        .bind(deployment.to_string())
        .bind(version.0)
        .fetch_optional(tx.link())
        .await?;
    let Some(row) = row else {
        return refused(text::no_such_release(name, version));
    };
    let release = rows::release(&row, tx.db.vault())?;
    match release.status {
        ReleaseStatus::Serving => refused(text::serves_already(name, version)),
        ReleaseStatus::Kept if release.artifact.is_some() => Ok(release),
        ReleaseStatus::Kept => refused(text::artifact_gone(name, version)),
        other => refused(text::not_kept(name, version, other.as_str())),
    }
}
