//! Listing deployments: page by page, or as the original did.

use api::{DeploymentList, DeploymentObject, DeploymentPage, Deployments, ErrorAnswer};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use domain::ports::{ListQuery, Listing};

use super::lookup::SCOPE;
use crate::error::{Answer, ApiError, OrAnswer};
use crate::read::{Params, Wanted};
use crate::show;
use crate::state::App;

/// Lists deployments.
///
/// With any parameter: one page. A row must fit every filter; text is compared bytewise, a status in any case. Rows that
/// are equal in the order are in the order of `created_at`, then of `id`; those of equal names by `id` alone.
///
/// `page` times `per_page` is at most 100,000; beyond that, and wherever all are walked through, go on with
/// `cursor=next_cursor`, which costs the same everywhere. `total` may be one second old. A request with `tag` looks at
/// 10,000 rows at most: its page may be short, even empty, with a `next_cursor` to go on from, and it has no `total`.
///
/// Without parameters: the newest 1,000, the oldest of them first, as `DeploymentList`; `Link: rel="next"` leads to those
/// before them. `X-Total-Count` tells how many there are.
#[utoipa::path(
    get,
    path = "/api/deployments",
    params(
        ("page" = Option<u64>, Query, description = "Number of the page, from 1 (default)"),
        ("per_page" = Option<u64>, Query, description = "Deployments on a page, 1 to 100; 20 when it is left out"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, instead of `page`"),
        ("sort" = Option<String>, Query,
            description = "`created_at`, `name` or `status`, with a `-` before it for the largest first; `-created_at` when it is left out"),
        ("status" = Option<String>, Query, description = "Only this status, in any case"),
        ("type" = Option<String>, Query, description = "Only this deployment_type: `vm` or `lxc`"),
        ("framework" = Option<String>, Query, description = "Only this framework"),
        ("tag" = Option<String>, Query, description = "Only those with this tag"),
        ("user" = Option<String>, Query, description = "Only those of this owner (user_id)"),
        ("q" = Option<String>, Query, description = "Only those whose name begins with this, and the one whose id this is"),
        ("deleted" = Option<bool>, Query, description = "Deleted ones too"),
        ("limit" = Option<u64>, Query, description = "Of the list without other parameters: at most this many, 1 to 1000"),
        ("before" = Option<String>, Query, description = "Of the list without other parameters: from its `Link` header")
    ),
    responses(
        (status = 200, body = Deployments),
        (status = 400, body = ErrorAnswer, description = "`field` names the parameter that is wrong"),
        (status = 503, body = ErrorAnswer, description = "The database does not answer")
    )
)]
pub(crate) async fn list(State(app): State<App>, params: Params) -> Answer {
    match Wanted::read(&params)? {
        Wanted::Whole(query) => whole(&app, &query).await,
        Wanted::Page { query, number } => page(&app, &params, &query, number).await,
    }
}

/// Rows from the database.
pub(crate) async fn rows(app: &App, query: &ListQuery) -> Result<Listing, ApiError> {
    app.engine.store().list(&SCOPE, query).await.or_answer(app)
}

async fn whole(app: &App, query: &ListQuery) -> Answer {
    let mut listing = rows(app, query).await.map_err(of_before)?;
    // The database gives the newest first.
    listing.rows.reverse();
    let limit = query.limit.to_string();
    let next = listing.next.as_deref();
    let link = next.map(|next| link(&[("before", next), ("limit", &limit)]));
    let body = DeploymentList {
        success: true,
        deployments: shown(app, &listing),
    };
    Ok((headers(&listing, link), Json(body)).into_response())
}

/// The cursor has another name here.
fn of_before(mut error: ApiError) -> ApiError {
    if error.body.field.as_deref() == Some("cursor") {
        error.body.field = Some("before".to_owned());
    }
    error
}

async fn page(app: &App, params: &Params, query: &ListQuery, number: Option<u64>) -> Answer {
    let listing = rows(app, query).await?;
    let per_page = u64::from(query.limit);
    let link = listing.next.as_deref().map(|next| link_on(params, next));
    let body = DeploymentPage {
        success: true,
        deployments: shown(app, &listing),
        total: listing.total,
        pages: listing.total.map(|total| total.div_ceil(per_page)),
        page: number,
        per_page,
        next_cursor: listing.next.clone(),
    };
    Ok((headers(&listing, link), Json(body)).into_response())
}

fn shown(app: &App, listing: &Listing) -> Vec<DeploymentObject> {
    let rows = listing.rows.iter();
    rows.map(|row| show::deployment(&app.engine, row)).collect()
}

fn headers(listing: &Listing, link: Option<String>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(total) = listing.total {
        headers.insert("x-total-count", HeaderValue::from(total));
    }
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        headers.insert(header::LINK, link);
    }
    headers
}

/// The same filters and order, from there on.
fn link_on(params: &Params, next: &str) -> String {
    let same = params
        .pairs()
        .filter(|(name, _)| !matches!(*name, "page" | "cursor"));
    let pairs: Vec<(&str, &str)> = same.chain([("cursor", next)]).collect();
    link(&pairs)
}

fn link(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("</api/deployments?{}>; rel=\"next\"", query.finish())
}
