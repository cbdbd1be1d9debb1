//! The environment of a deployment.

use std::collections::BTreeMap;

use api::{ActionAnswer, EnvAnswer, EnvRequest, ErrorAnswer};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::ports::Change;
use serde_json::Value;

use super::actions::make;
use super::lookup::{find_managed, newest};
use crate::error::{Answer, ApiError};
use crate::read::{Body, Key, Params};
use crate::state::App;
use crate::text;
use crate::validate::read_patch;

/// Stands for a value that is not shown.
const HIDDEN: &str = "********";

/// The environment that the next release gets; values only with `show=true`.
#[utoipa::path(
    get,
    path = "/api/deployments/{d}/env",
    params(
        ("d" = String, Path, description = "Id, else name"),
        ("show" = Option<bool>, Query, description = "Values in clear")
    ),
    responses((status = 200, body = EnvAnswer), (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer))
)]
pub(crate) async fn get(State(app): State<App>, key: Key, params: Params) -> Answer {
    let show = params.flag("show")?;
    let (_, id) = find_managed(&app, &key).await?;
    let release = newest(&app, &id).await?;
    let env = release.map(|release| release.env).unwrap_or_default();
    let shown = |value: &str| if show { value } else { HIDDEN }.to_owned();
    let env: BTreeMap<String, String> = env
        .iter()
        .map(|(name, value)| (name.to_string(), shown(value)))
        .collect();
    Ok(Json(EnvAnswer { success: true, env }).into_response())
}

/// Sets and unsets variables: makes a release without building, but where the build baked one in.
#[utoipa::path(
    patch,
    path = "/api/deployments/{d}/env",
    params(("d" = String, Path, description = "Id, else name"), ("wait" = Option<bool>, Query)),
    request_body = EnvRequest,
    responses(
        (status = 202, body = ActionAnswer), (status = 200, body = ActionAnswer, description = "Done (`wait=true`)"),
        (status = 400, body = ErrorAnswer), (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer, description = "The app failed (`wait=true`)")
    )
)]
pub(crate) async fn patch(State(app): State<App>, key: Key, params: Params, body: Body) -> Answer {
    let wait = params.flag("wait")?;
    let body = body.object()?;
    let patch = match body.get("env") {
        Some(Value::Object(map)) if !map.is_empty() => read_patch(map),
        None | Some(Value::Null | Value::Object(_)) => {
            let error = ApiError::new(StatusCode::BAD_REQUEST, "bad_input", text::NO_DATA);
            return Err(error);
        }
        Some(_) => {
            let words = text::must_be("env", text::ENV_SHAPE);
            return Err(ApiError::bad_input("env", words));
        }
    };
    let patch = patch.map_err(ApiError::problems)?;
    let (row, id) = find_managed(&app, &key).await?;
    make(&app, &row, &id, Change::Env(patch), wait).await
}
