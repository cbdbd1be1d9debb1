//! The releases of a deployment.

use api::{ErrorAnswer, ReleaseList, ReleaseObject};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::Deployment;

use super::lookup::find;
use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::{Key, Params};
use crate::show;
use crate::state::App;

const MOST: u64 = 200;
const ORDINARY: u64 = 50;

/// The releases, newest first; none for a record.
#[utoipa::path(
    get,
    path = "/api/deployments/{d}/releases",
    params(
        ("d" = String, Path, description = "Id, else name"),
        ("limit" = Option<u64>, Query, description = "At most this many, 1 to 200; 50 when it is left out")
    ),
    responses((status = 200, body = ReleaseList), (status = 404, body = ErrorAnswer))
)]
pub(crate) async fn releases(State(app): State<App>, key: Key, params: Params) -> Answer {
    let limit = params.number("limit", (1, MOST))?.unwrap_or(ORDINARY);
    let row = find(&app, &key).await?;
    let releases = of(&app, &row, limit).await?;
    Ok(Json(ReleaseList {
        success: true,
        releases,
    })
    .into_response())
}

/// The releases of a row as the API shows them.
pub(crate) async fn of(
    app: &App,
    row: &Deployment,
    limit: u64,
) -> Result<Vec<ReleaseObject>, ApiError> {
    let Some(id) = row.parsed_id().filter(|_| row.managed.is_some()) else {
        return Ok(Vec::new());
    };
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let store = app.engine.store();
    let mut shown = Vec::new();
    for release in store.releases(&id, limit).await.or_answer(app)? {
        let steps = store.steps(&release.id).await.or_answer(app)?;
        shown.push(show::release(&release, &steps));
    }
    Ok(shown)
}
