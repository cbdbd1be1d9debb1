//! The list of deployments.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ports::{Counts, ListQuery};

use super::html::{page, problem};
use super::view::Row;
use crate::error::{ApiError, OrAnswer};
use crate::routes::list;
use crate::routes::lookup::SCOPE;
use crate::show;
use crate::state::App;

/// Rows on the page.
const SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard<'a> {
    version: &'a str,
    counts: Counts,
    rows: Vec<Row>,
    total: u64,
}

/// The newest deployments, newest first.
pub(super) async fn dashboard(State(app): State<App>) -> Response {
    match read(&app).await {
        Ok((counts, total, rows)) => {
            let version = &app.config.version;
            let template = Dashboard {
                version,
                counts,
                rows,
                total,
            };
            page(&app, StatusCode::OK, &template)
        }
        Err(error) => problem(&app, &error),
    }
}

async fn read(app: &App) -> Result<(Counts, u64, Vec<Row>), ApiError> {
    let query = ListQuery {
        limit: SHOWN,
        want_total: true,
        ..ListQuery::default()
    };
    let listing = list::rows(app, &query).await?;
    let counts = app.engine.store().counts(&SCOPE).await.or_answer(app)?;
    let rows = listing.rows.iter();
    let rows = rows.map(|row| Row::from(show::deployment(&app.engine, row)));
    Ok((counts, listing.total.unwrap_or_default(), rows.collect()))
}
