//! Secrets that are made once per deployment.

use domain::DeploymentId;
use domain::ports::StoreError;
use secrecy::ExposeSecret;

use crate::database::Database;
use crate::error::Ran;
use crate::rows::Read;
use crate::sql::query;
use crate::tx::Tx;

/// Where a secret is sealed.
pub(crate) fn place(deployment: &DeploymentId, name: &str) -> String {
    format!("secret {name} of deployment {deployment}")
}

/// The stored value, or `fresh` stored now: whoever is second gets what the first one stored.
pub(crate) async fn once(
    db: &Database,
    deployment: &DeploymentId,
    name: &str,
    fresh: &str,
) -> Ran<String> {
    let mut tx = db.write().await?;
    let place = place(deployment, name);
    if let Some(sealed) = stored(&mut tx, deployment, name).await? {
        return Ok(db.vault().open(&place, &sealed)?.expose_secret().to_owned());
    }
    let managed = query("SELECT 1 FROM managed WHERE deployment_id = ?")
        .bind(deployment.to_string())
        .fetch_optional(tx.link())
        .await?;
    if managed.is_none() {
        return Err(StoreError::NotManaged.into());
    }
    query("INSERT INTO secrets (deployment_id, name, sealed) VALUES (?, ?, ?)")
        .bind(deployment.to_string())
        .bind(name)
        .bind(db.vault().seal(&place, fresh)?)
        .execute(tx.link())
        .await?;
    tx.commit().await?;
    Ok(fresh.to_owned())
}

async fn stored(tx: &mut Tx<'_>, deployment: &DeploymentId, name: &str) -> Ran<Option<String>> {
    let row = query("SELECT sealed FROM secrets WHERE deployment_id = ? AND name = ?")
        .bind(deployment.to_string())
        .bind(name)
        .fetch_optional(tx.link())
        .await?;
    row.map(|row| row.text("sealed")).transpose()
}
