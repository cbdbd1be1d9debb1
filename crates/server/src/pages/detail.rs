//! One deployment.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::html::{page, problem};
use super::view::{ReleaseRow, Row};
use crate::error::ApiError;
use crate::read::Key;
use crate::routes::{lookup, releases};
use crate::state::App;
use crate::{show, text};

/// Releases on the page.
const SHOWN: u64 = 20;

#[derive(Template)]
#[template(path = "detail.html")]
struct Detail<'a> {
    version: &'a str,
    row: Row,
    releases: Vec<ReleaseRow>,
}

impl Detail<'_> {
    /// True while it can be changed.
    fn is_live(&self) -> bool {
        self.row.object.managed && self.row.object.status != "deleted"
    }

    /// Where nothing serves, the build tells more than the app.
    fn first_log(&self) -> &'static str {
        let status = self.row.object.status.as_str();
        if matches!(status, "running" | "stopped") {
            "app"
        } else {
            "build"
        }
    }
}

/// Details, releases, logs and buttons of one deployment.
pub(super) async fn detail(State(app): State<App>, key: Key) -> Response {
    match read(&app, &key).await {
        Ok((row, releases)) => {
            let version = &app.config.version;
            let template = Detail {
                version,
                row,
                releases,
            };
            page(&app, StatusCode::OK, &template)
        }
        Err(error) if error.status == StatusCode::NOT_FOUND => {
            problem(&app, &error.details(text::no_such(&key.0)))
        }
        Err(error) => problem(&app, &error),
    }
}

async fn read(app: &App, key: &Key) -> Result<(Row, Vec<ReleaseRow>), ApiError> {
    let row = lookup::find(app, key).await?;
    let releases = releases::of(app, &row, SHOWN).await?;
    let releases = releases.into_iter().map(|object| ReleaseRow { object });
    let object = show::deployment(&app.engine, &row);
    Ok((Row::from(object), releases.collect()))
}
