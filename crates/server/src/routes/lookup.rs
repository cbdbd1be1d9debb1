//! Finding the deployment that a path names.

use domain::ports::Scope;
use domain::{Deployment, DeploymentId, Release, Status};

use crate::error::{ApiError, OrAnswer};
use crate::read::Key;
use crate::state::App;

/// Whose deployments may be seen: everybody's, until logins exist.
pub(crate) const SCOPE: Scope = Scope::Everyone;

/// The deployment of this id, else of this name; 404 when there is none.
pub(crate) async fn find(app: &App, key: &Key) -> Result<Deployment, ApiError> {
    find_by(app, &key.0).await
}

/// As [`find`].
pub(crate) async fn find_by(app: &App, key: &str) -> Result<Deployment, ApiError> {
    let found = app.engine.store().find(&SCOPE, key).await.or_answer(app)?;
    found.ok_or_else(ApiError::no_deployment)
}

/// A deployment that can be changed, and its id.
pub(crate) async fn find_managed(
    app: &App,
    key: &Key,
) -> Result<(Deployment, DeploymentId), ApiError> {
    let row = find(app, key).await?;
    if row.status == Some(Status::Deleted) {
        return Err(ApiError::no_deployment());
    }
    let id = row.parsed_id().filter(|_| row.managed.is_some());
    let id = id.ok_or_else(ApiError::not_managed)?;
    Ok((row, id))
}

/// The newest release of a deployment, whatever became of it.
pub(crate) async fn newest(app: &App, id: &DeploymentId) -> Result<Option<Release>, ApiError> {
    let releases = app.engine.store().releases(id, 1).await.or_answer(app)?;
    Ok(releases.into_iter().next())
}
