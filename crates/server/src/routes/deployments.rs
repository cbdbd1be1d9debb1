//! Showing one deployment, and changing what makes no release.

use api::{ActionAnswer, DeploymentAnswer, ErrorAnswer, UpdateRequest};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::Status;

use super::lookup::{SCOPE, find, find_by};
use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::{Body, Key};
use crate::state::App;
use crate::validate::read_update;
use crate::{show, text};

/// One deployment, by id, else by name.
#[utoipa::path(
    get,
    path = "/api/deployments/{d}",
    params(("d" = String, Path, description = "Id, else name")),
    responses((status = 200, body = DeploymentAnswer), (status = 404, body = ErrorAnswer))
)]
pub(crate) async fn show_one(State(app): State<App>, key: Key) -> Answer {
    let row = find(&app, &key).await?;
    let body = DeploymentAnswer {
        success: true,
        deployment: show::deployment(&app.engine, &row),
    };
    Ok(Json(body).into_response())
}

/// Changes the tags of a deployment, of a record too. It is done when it is answered, and makes no release.
#[utoipa::path(
    patch,
    path = "/api/deployments/{d}",
    params(("d" = String, Path, description = "Id, else name")),
    request_body = UpdateRequest,
    responses(
        (status = 200, body = ActionAnswer),
        (status = 400, body = ErrorAnswer),
        (status = 404, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer, description = "The tags do not fit beside those that are there")
    )
)]
pub(crate) async fn update(State(app): State<App>, key: Key, body: Body) -> Answer {
    let change = read_update(body.object()?).map_err(ApiError::problems)?;
    if change.is_empty() {
        let error = ApiError::new(StatusCode::BAD_REQUEST, "bad_input", text::NO_DATA);
        return Err(error);
    }
    let row = find(&app, &key).await?;
    if row.status == Some(Status::Deleted) {
        return Err(ApiError::no_deployment());
    }
    let store = app.engine.store();
    let tags = store.change_tags(&SCOPE, &row.id, &change).await;
    let tags = tags.or_answer(&app)?;
    let row = find_by(&app, &row.id).await?;
    let body = ActionAnswer {
        success: true,
        message: text::tagged(&row.name, tags.column().as_deref()),
        release: None,
        deployment: Some(show::deployment(&app.engine, &row)),
    };
    Ok(Json(body).into_response())
}
