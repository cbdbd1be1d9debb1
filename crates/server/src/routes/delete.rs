//! Destroying a deployment.

use api::{ActionAnswer, ErrorAnswer};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::job::Work;
use domain::{Deployment, JobId, Status};

use super::lookup::{find, find_by};
use super::outcome::until_closing;
use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::Key;
use crate::state::App;
use crate::{show, text};

/// Destroys a deployment. Answers when its guests are gone, or 202 after 30 seconds; asked again, 200.
#[utoipa::path(
    delete,
    path = "/api/deployments/{d}",
    params(("d" = String, Path, description = "Id, else name")),
    responses(
        (status = 200, body = ActionAnswer, description = "Gone"),
        (status = 202, body = ActionAnswer, description = "On its way"),
        (status = 404, body = ErrorAnswer),
        (status = 409, body = ErrorAnswer)
    )
)]
pub(crate) async fn delete(State(app): State<App>, key: Key) -> Answer {
    let row = find(&app, &key).await?;
    if row.status == Some(Status::Deleted) {
        return Ok(answer(StatusCode::OK, text::DELETED));
    }
    let id = row.parsed_id().ok_or_else(ApiError::not_managed)?;
    let job = app.engine.work(&id, Work::Destroy).await.or_answer(&app)?;
    let Some(job) = job else {
        return Ok(answer(StatusCode::OK, text::DELETED));
    };
    if wait(&app, &job).await? {
        let row = find_by(&app, &row.id).await?;
        gone(&row)
    } else {
        Ok(answer(StatusCode::ACCEPTED, text::DELETING))
    }
}

async fn wait(app: &App, job: &JobId) -> Result<bool, ApiError> {
    let done = until_closing(app, app.engine.wait_for_job(job, app.patience.destroy)).await?;
    done.or_answer(app)
}

/// The job has left the queue; only the row says whether the guests are gone.
fn gone(row: &Deployment) -> Answer {
    if row.status == Some(Status::Deleted) {
        return Ok(answer(StatusCode::OK, text::DELETED));
    }
    let why = row
        .error_message
        .clone()
        .unwrap_or_else(|| show::status(row));
    Err(ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "platform",
        text::DELETE_CUT,
    )
    .details(why))
}

fn answer(status: StatusCode, message: &str) -> Response {
    let body = ActionAnswer {
        success: true,
        message: message.to_owned(),
        release: None,
        deployment: None,
    };
    (status, Json(body)).into_response()
}
