//! The log of the app in its guest.

use domain::DeploymentId;
use domain::ports::{LogLine, LogQuery, LogStream};
use futures_util::{StreamExt, stream};

use super::logs::{Wish, no_release};
use super::{build_log::Tail, outcome, sse};
use crate::error::{Answer, ApiError, OrAnswer};
use crate::show;
use crate::state::App;

/// The newest lines; none when there is no guest.
pub(super) async fn lines(
    app: &App,
    id: &DeploymentId,
    wish: &Wish,
) -> Result<Vec<String>, ApiError> {
    let Some(mut log) = open(app, id, wish, false).await? else {
        return Ok(Vec::new());
    };
    let mut tail = Tail::new(wish.lines);
    while let Some(line) = outcome::until_closing(app, log.next()).await? {
        tail.push(line.text);
    }
    Ok(tail.into_lines())
}

/// The lines as they come. Without a guest the stream says nothing and ends, and the client asks again.
pub(super) async fn follow(app: &App, id: &DeploymentId, wish: &Wish) -> Answer {
    let log = open(app, id, wish, true).await?;
    let log = log.unwrap_or_else(|| stream::empty().boxed());
    sse::answer(app, log.map(|line| shown(&line)))
}

async fn open(
    app: &App,
    id: &DeploymentId,
    wish: &Wish,
    follow: bool,
) -> Result<Option<LogStream>, ApiError> {
    if let Some(version) = wish.version {
        let release = app.engine.store().release_by_version(id, version).await;
        release.or_answer(app)?.ok_or_else(|| no_release(version))?;
    }
    let query = LogQuery {
        last: Some(wish.lines),
        since: wish.since,
        after: wish.after.clone(),
        follow,
    };
    let log = app.engine.app_log(id, wish.version, &query).await;
    log.or_answer(app)
}

fn shown(line: &LogLine) -> axum::response::sse::Event {
    let data = api::events::LogLine {
        at: Some(show::time(line.at)),
        line: line.text.clone(),
    };
    sse::event("line", Some(&line.cursor), &data)
}
