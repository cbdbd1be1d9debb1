//! Taking a deploy.

use api::{DeployAnswer, DeployRequest, ErrorAnswer};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::ports::Accepted;
use domain::{Name, Status};
use serde_json::Value;

use super::lookup::{SCOPE, find_by, newest};
use super::outcome::wait_for_release;
use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::{Body, Params};
use crate::state::App;
use crate::validate::{Present, is_falsy, validate_deploy};
use crate::{show, text};

/// Deploys an app from a Git repository. Answers at once, or with `wait=true` when it is over.
#[utoipa::path(
    post,
    path = "/api/deploy",
    params(("wait" = Option<bool>, Query, description = "Answer when it is over, as the original did")),
    request_body = DeployRequest,
    responses(
        (status = 202, body = DeployAnswer, description = "Taken; `Location` names the deployment"),
        (status = 200, body = DeployAnswer, description = "It runs (`wait=true`)"),
        (status = 400, body = ErrorAnswer, description = "What is wrong with the input"),
        (status = 409, body = ErrorAnswer, description = "The name is taken"),
        (status = 415, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer, description = "The app failed (`wait=true`)"),
        (status = 500, body = ErrorAnswer, description = "The platform failed"),
        (status = 507, body = ErrorAnswer, description = "No room")
    )
)]
pub(crate) async fn deploy(State(app): State<App>, params: Params, Body(body): Body) -> Answer {
    let wait = params.flag("wait")?;
    let body = body
        .filter(|body| !is_falsy(body))
        .ok_or_else(|| ApiError::new(StatusCode::BAD_REQUEST, "bad_input", text::NO_DATA))?;
    let present = present(&app, &body).await?;
    let input = validate_deploy(&body, app.config.frameworks.keys(), present)
        .map_err(ApiError::problems)?;
    let driver = app.engine.default_driver();
    let accepted = app.engine.deploy(input.at(driver)).await.or_answer(&app)?;
    if wait {
        wait_for_release(&app, &accepted.release).await?;
    }
    answer(&app, &accepted, wait).await
}

/// What a live deployment of the name asked for has.
async fn present(app: &App, body: &Value) -> Result<Present, ApiError> {
    let name = body.get("name").and_then(Value::as_str);
    let Some(name) = name.and_then(|name| name.parse::<Name>().ok()) else {
        return Ok(Present::default());
    };
    let found = app.engine.store().find(&SCOPE, name.as_str()).await;
    let live = found
        .or_answer(app)?
        .filter(|row| row.managed.is_some() && row.status != Some(Status::Deleted));
    let Some((row, id)) = live.and_then(|row| row.parsed_id().map(|id| (row, id))) else {
        return Ok(Present::default());
    };
    let release = newest(app, &id).await?;
    Ok(Present {
        kind: row.deployment_type.and_then(|kind| kind.parse().ok()),
        resources: release.map(|release| release.resources),
    })
}

async fn answer(app: &App, accepted: &Accepted, over: bool) -> Answer {
    let row = find_by(app, &accepted.deployment.to_string()).await?;
    let (status, message) = if over {
        (StatusCode::OK, text::DEPLOYED.to_owned())
    } else {
        let message = text::accepted(&row.name, accepted.version.0);
        (StatusCode::ACCEPTED, message)
    };
    let location = format!("/api/deployments/{}", accepted.deployment);
    let body = DeployAnswer {
        success: true,
        message,
        deployment: show::deployed(&app.engine, &row),
        release: accepted.version.0,
    };
    Ok((status, [(header::LOCATION, location)], Json(body)).into_response())
}
