//! Reading releases.

use domain::ports::{StepRow, StoreError};
use domain::release::Version;
use domain::{DeploymentId, Release, ReleaseId};

use crate::database::Database;
use crate::error::Ran;
use crate::rows::{self, Read};
use crate::sql::query;

const MOST: u32 = 10_000;

pub(super) async fn one(db: &Database, release: &ReleaseId) -> Ran<Release> {
    let row = query("SELECT * FROM releases WHERE id = ?")
        .bind(release.to_string())
        .fetch_optional(db.read().await?.link())
        .await?
        .ok_or(StoreError::NotFound)?;
    rows::release(&row, db.vault())
}

pub(super) async fn of(db: &Database, deployment: &DeploymentId, limit: u32) -> Ran<Vec<Release>> {
    let found =
        query("SELECT * FROM releases WHERE deployment_id = ? ORDER BY version DESC LIMIT ?")
            .bind(deployment.to_string())
            .bind(limit.min(MOST))
            .fetch_all(db.read().await?.link())
            .await?;
    found
        .iter()
        .map(|row| rows::release(row, db.vault()))
        .collect()
}

pub(super) async fn by_version(
    db: &Database,
    deployment: &DeploymentId,
    version: Version,
) -> Ran<Option<Release>> {
    let row = query("SELECT * FROM releases WHERE deployment_id = ? AND version = ?")
        .bind(deployment.to_string())
        .bind(version.0)
        .fetch_optional(db.read().await?.link())
        .await?;
    row.map(|row| rows::release(&row, db.vault())).transpose()
}

pub(super) async fn steps(db: &Database, release: &ReleaseId) -> Ran<Vec<StepRow>> {
    let found = query("SELECT * FROM steps WHERE release_id = ? ORDER BY ordinal")
        .bind(release.to_string())
        .fetch_all(db.read().await?.link())
        .await?;
    found.iter().map(rows::step).collect()
}

pub(super) async fn is_cancelled(db: &Database, release: &ReleaseId) -> Ran<bool> {
    let row = query("SELECT cancel_requested FROM releases WHERE id = ?")
        .bind(release.to_string())
        .fetch_optional(db.read().await?.link())
        .await?
        .ok_or(StoreError::NotFound)?;
    row.flag("cancel_requested")
}
