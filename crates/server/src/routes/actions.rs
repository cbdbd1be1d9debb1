//! What can be done to a deployment: redeploy, rollback, cancel, start, stop, restart.

use api::{ActionAnswer, ChangeRequest, ErrorAnswer};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::job::Work;
use domain::ports::Change;
use domain::release::Version;
use domain::{Deployment, DeploymentId, Resources, Status};

use super::logs::no_release;
use super::lookup::{find_by, find_managed, newest};
use super::outcome::{until_closing, wait_for_release};
use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::{Body, Key, Params};
use crate::state::App;
use crate::validate::{ChangeInput, Problem, Wanted, complete, read_change};
use crate::{show, text};

/// Fetches, plans and builds again; with `resources` it changes only those, without building.
#[utoipa::path(
    post,
    path = "/api/deployments/{d}/redeploy",
    params(("d" = String, Path, description = "Id, else name"), ("wait" = Option<bool>, Query)),
    request_body = Option<ChangeRequest>,
    responses(
        (status = 202, body = ActionAnswer), (status = 200, body = ActionAnswer, description = "Done (`wait=true`)"),
        (status = 400, body = ErrorAnswer), (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer, description = "The app failed (`wait=true`)")
    )
)]
pub(crate) async fn redeploy(
    State(app): State<App>,
    key: Key,
    params: Params,
    body: Body,
) -> Answer {
    let wait = params.flag("wait")?;
    let input = read_change(body.object()?).map_err(ApiError::problems)?;
    let (row, id) = find_managed(&app, &key).await?;
    let change = match input.resources {
        Some(wanted) => Change::Resources(resources(&app, &row, &id, wanted).await?),
        None => Change::Redeploy {
            git_ref: input.git_ref,
            discard_data: input.discard_data,
        },
    };
    make(&app, &row, &id, change, wait).await
}

/// Resources are completed from those of the newest release and checked as those of a deploy are.
async fn resources(
    app: &App,
    row: &Deployment,
    id: &DeploymentId,
    wanted: Wanted,
) -> Result<Resources, ApiError> {
    let present = newest(app, id).await?.map(|release| release.resources);
    let kind = row.deployment_type.as_deref();
    let kind = kind.and_then(|kind| kind.parse().ok()).unwrap_or_default();
    let resources = complete(wanted, present, kind);
    let problems = resources.problems(kind);
    if problems.is_empty() {
        return Ok(resources);
    }
    let problem = |text| Problem::new("resources", text);
    Err(ApiError::problems(
        problems.into_iter().map(problem).collect(),
    ))
}

/// Goes back to an earlier release, without building.
#[utoipa::path(
    post,
    path = "/api/deployments/{d}/rollback",
    params(("d" = String, Path, description = "Id, else name"), ("wait" = Option<bool>, Query)),
    request_body = Option<ChangeRequest>,
    responses(
        (status = 202, body = ActionAnswer), (status = 200, body = ActionAnswer, description = "Done (`wait=true`)"),
        (status = 400, body = ErrorAnswer), (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer)
    )
)]
pub(crate) async fn rollback(
    State(app): State<App>,
    key: Key,
    params: Params,
    body: Body,
) -> Answer {
    let wait = params.flag("wait")?;
    let ChangeInput {
        version,
        discard_data,
        ..
    } = read_change(body.object()?).map_err(ApiError::problems)?;
    let (row, id) = find_managed(&app, &key).await?;
    if let Some(version) = version {
        let store = app.engine.store();
        let there = store.release_by_version(&id, version).await;
        if there.or_answer(&app)?.is_none() {
            return Err(no_release(version));
        }
    }
    let change = Change::Rollback {
        to: version,
        discard_data,
    };
    make(&app, &row, &id, change, wait).await
}

/// Asks for a change that makes a release, and waits for it when asked to.
pub(super) async fn make(
    app: &App,
    row: &Deployment,
    id: &DeploymentId,
    change: Change,
    wait: bool,
) -> Answer {
    let resizes = matches!(change, Change::Resources(_)) && is_on_a_cluster(row);
    let accepted = app.engine.change(id, change).await.or_answer(app)?;
    let version = accepted.version.0;
    if !wait {
        let mut message = text::change_accepted(&row.name, version);
        message.push_str(if resizes { text::RESIZES } else { "" });
        return answer(app, row, StatusCode::ACCEPTED, message, Some(version)).await;
    }
    wait_for_release(app, &accepted.release).await?;
    let mut message = text::change_done(&row.name, version);
    message.push_str(if resizes { text::RESIZED } else { "" });
    answer(app, row, StatusCode::OK, message, Some(version)).await
}

/// Its guest is a machine of its own.
fn is_on_a_cluster(row: &Deployment) -> bool {
    let driver = row.managed.as_ref().map(|managed| managed.driver);
    driver.is_some_and(|driver| !driver.is_of_a_place())
}

/// Cancels what waits and what is under way.
#[utoipa::path(
    post,
    path = "/api/deployments/{d}/cancel",
    params(("d" = String, Path, description = "Id, else name"), ("wait" = Option<bool>, Query)),
    responses(
        (status = 202, body = ActionAnswer), (status = 200, body = ActionAnswer, description = "Nothing was under way, or done (`wait=true`)"),
        (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer)
    )
)]
pub(crate) async fn cancel(State(app): State<App>, key: Key, params: Params, body: Body) -> Answer {
    let wait = params.flag("wait")?;
    body.object()?;
    let (row, id) = find_managed(&app, &key).await?;
    let versions = app.engine.cancel(&id).await.or_answer(&app)?;
    if versions.is_empty() {
        let message = text::NOTHING_TO_CANCEL.to_owned();
        return answer(&app, &row, StatusCode::OK, message, None).await;
    }
    if wait {
        wait_until_over(&app, &id, &versions).await?;
    }
    let numbers: Vec<u32> = versions.iter().map(|version| version.0).collect();
    let status = done_or_taken(wait);
    answer(&app, &row, status, text::cancelling(&numbers), None).await
}

async fn wait_until_over(
    app: &App,
    id: &DeploymentId,
    versions: &[Version],
) -> Result<(), ApiError> {
    let store = app.engine.store();
    for version in versions {
        let release = store
            .release_by_version(id, *version)
            .await
            .or_answer(app)?;
        if let Some(release) = release {
            let over = app.engine.wait_for_release(&release.id);
            until_closing(app, over).await?.or_answer(app)?;
        }
    }
    Ok(())
}

macro_rules! work_route {
    ($(#[$doc:meta])* $name:ident, $path:literal, $work:expr, $verb:literal) => {
        $(#[$doc])*
        #[utoipa::path(
            post,
            path = $path,
            params(("d" = String, Path, description = "Id, else name"), ("wait" = Option<bool>, Query)),
            responses(
                (status = 202, body = ActionAnswer), (status = 200, body = ActionAnswer, description = "Done"),
                (status = 404, body = ErrorAnswer), (status = 409, body = ErrorAnswer),
                (status = 422, body = ErrorAnswer, description = "The app failed (`wait=true`)")
            )
        )]
        pub(crate) async fn $name(State(app): State<App>, key: Key, params: Params, body: Body) -> Answer {
            body.object()?;
            work(&app, &key, $work, $verb, params.flag("wait")?).await
        }
    };
}
work_route! {
    /// Starts what was stopped or failed.
    start, "/api/deployments/{d}/start", Work::Start, "Start"
}
work_route! {
    /// Stops what runs.
    stop, "/api/deployments/{d}/stop", Work::Stop, "Stop"
}
work_route! {
    /// Stops and starts.
    restart, "/api/deployments/{d}/restart", Work::Restart, "Restart"
}

async fn work(app: &App, key: &Key, work: Work, verb: &str, wait: bool) -> Answer {
    let (row, id) = find_managed(app, key).await?;
    let stops = work == Work::Stop;
    let Some(job) = app.engine.work(&id, work).await.or_answer(app)? else {
        let message = text::NOTHING_TO_DO.to_owned();
        return answer(app, &row, StatusCode::OK, message, None).await;
    };
    if !wait {
        let message = text::work_accepted(verb, &row.name);
        return answer(app, &row, StatusCode::ACCEPTED, message, None).await;
    }
    let over = until_closing(app, app.engine.wait_for_job(&job, app.patience.work)).await?;
    if !over.or_answer(app)? {
        let message = text::work_accepted(verb, &row.name);
        return answer(app, &row, StatusCode::ACCEPTED, message, None).await;
    }
    worked(app, &row, verb, stops).await
}

/// The job is over; the row says how it ended.
async fn worked(app: &App, row: &Deployment, verb: &str, stops: bool) -> Answer {
    let now = find_by(app, &row.id).await?;
    if !stops && now.status != Some(Status::Running) {
        let what = text::work_failed(verb, &now.name, &show::status(&now));
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "app_failed", what);
        let why = now
            .error_message
            .unwrap_or_else(|| text::SEE_LOG.to_owned());
        return Err(error.details(why));
    }
    let message = text::work_done(verb, &now.name);
    answer(app, &now, StatusCode::OK, message, None).await
}

fn done_or_taken(done: bool) -> StatusCode {
    if done {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    }
}

/// The answer to an action, with the deployment as it stands.
async fn answer(
    app: &App,
    row: &Deployment,
    status: StatusCode,
    message: String,
    release: Option<u32>,
) -> Answer {
    let row = find_by(app, &row.id).await?;
    let body = ActionAnswer {
        success: true,
        message,
        release,
        deployment: Some(show::deployment(&app.engine, &row)),
    };
    Ok((status, Json(body)).into_response())
}
