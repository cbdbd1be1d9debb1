//! Listing and showing deployments.

use api::{DeploymentAnswer, DeploymentList, ErrorAnswer};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use domain::Status;
use domain::ports::{ListQuery, Listing};

use super::lookup::{SCOPE, find};
use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::{Key, Params};
use crate::show;
use crate::state::App;

/// The most rows of one answer.
const MOST: u64 = 1000;

/// The newest deployments, oldest of them first. `X-Total-Count` tells how many there are, `Link` where the next older
/// page is.
#[utoipa::path(
    get,
    path = "/api/deployments",
    params(
        ("deleted" = Option<bool>, Query, description = "Deleted ones too"),
        ("status" = Option<String>, Query, description = "Only those of this status"),
        ("limit" = Option<u64>, Query, description = "At most this many, 1 to 1000"),
        ("before" = Option<String>, Query, description = "Only those before this place, from a `Link` header")
    ),
    responses((status = 200, body = DeploymentList), (status = 400, body = ErrorAnswer))
)]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Answer {
    let query = query(&params)?;
    let page = page(&app, &query).await?;
    let deployments = page
        .rows
        .iter()
        .map(|row| show::deployment(&app.engine, row))
        .collect();
    let body = DeploymentList {
        success: true,
        deployments,
    };
    Ok((page_headers(&page, &query), Json(body)).into_response())
}

/// A page of rows.
pub(crate) async fn page(app: &App, query: &ListQuery) -> Result<Listing, ApiError> {
    app.engine.store().list(&SCOPE, query).await.or_answer(app)
}

fn query(params: &Params) -> Result<ListQuery, ApiError> {
    let status: Option<Status> = params.parsed("status")?;
    let limit = params.number("limit", (1, MOST))?.unwrap_or(MOST);
    Ok(ListQuery {
        deleted: params.flag("deleted")? || status == Some(Status::Deleted),
        status,
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
        before: params.text("before").map(str::to_owned),
    })
}

fn page_headers(page: &Listing, query: &ListQuery) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-total-count", HeaderValue::from(page.total));
    let link = page.next.as_deref().map(|next| next_link(next, query));
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        headers.insert(header::LINK, link);
    }
    headers
}

fn next_link(next: &str, query: &ListQuery) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("before", next);
    pairs.append_pair("limit", &query.limit.to_string());
    if query.deleted {
        pairs.append_pair("deleted", "true");
    }
    if let Some(status) = query.status {
        pairs.append_pair("status", status.as_str());
    }
    format!("</api/deployments?{}>; rel=\"next\"", pairs.finish())
}

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
