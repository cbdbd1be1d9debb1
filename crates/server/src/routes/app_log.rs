//! The log of the app in its guest.
//!
//! A stream shows one release. Its ids are `VERSION/CURSOR`: a cursor means something in the log it came from only. Unless
//! a release was asked for, the stream ends when another one serves, and the client that asks again gets that one's.

use std::time::Duration;

use axum::response::sse::Event;
use domain::ports::{LogLine, LogQuery, LogStream};
use domain::release::Version;
use domain::{Deployment, DeploymentId};
use futures_util::future::Either;
use futures_util::{FutureExt, StreamExt, future, stream};

use super::logs::{Wish, no_release};
use super::{build_log::Tail, lookup, outcome, sse};
use crate::error::{Answer, ApiError, OrAnswer};
use crate::show;
use crate::state::App;

/// A stream without a guest ends after this long, and the client asks again.
const NO_GUEST: Duration = Duration::from_secs(10);
/// The bell tells only of events of this process; others' are found by looking.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The newest lines; none when there is no guest.
pub(super) async fn lines(
    app: &App,
    id: &DeploymentId,
    wish: &Wish,
) -> Result<Vec<String>, ApiError> {
    let Some(mut log) = open(app, id, wish, None, false).await? else {
        return Ok(Vec::new());
    };
    let mut tail = Tail::new(wish.lines);
    while let Some(line) = outcome::until_closing(app, log.next()).await? {
        tail.push(line.text);
    }
    Ok(tail.into_lines())
}

/// The lines as they come.
pub(super) async fn follow(app: &App, row: &Deployment, id: &DeploymentId, wish: &Wish) -> Answer {
    let serving = serving(row);
    let shown = wish.version.or(serving).map_or(0, |version| version.0);
    let after = wish.after.as_deref().and_then(|after| cursor(after, shown));
    let log = open(app, id, wish, after, true).await?;
    let over = match wish.version {
        Some(_) => Either::Left(future::pending()),
        None => Either::Right(replaced(app.clone(), row.id.clone(), serving)),
    };
    let log = log.unwrap_or_else(|| nothing_for_a_while().boxed());
    let events = log.map(move |line| event(&line, shown));
    sse::answer(app, events.take_until(over))
}

fn nothing_for_a_while() -> impl stream::Stream<Item = LogLine> {
    let pause = tokio::time::sleep(NO_GUEST).map(|()| None);
    stream::once(pause).filter_map(future::ready)
}

fn serving(row: &Deployment) -> Option<Version> {
    let managed = row.managed.as_ref()?;
    managed.serving.as_ref().map(|release| release.version)
}

/// Done once another release serves, or none, or the deployment is gone.
async fn replaced(app: App, id: String, serving_then: Option<Version>) {
    let mut bell = app.engine.event_bell();
    loop {
        bell.borrow_and_update();
        let (store, key) = (app.engine.store().clone(), id.clone());
        let row = sse::aside(async move { store.find(&lookup::SCOPE, &key).await }).await;
        match row {
            Some(Ok(Some(row))) if serving(&row) == serving_then => {}
            _ => return,
        }
        if let Ok(Err(_)) = tokio::time::timeout(LOOK_AGAIN, bell.changed()).await {
            return;
        }
    }
}

/// The cursor of an id of ours, when it belongs to the release that is shown.
fn cursor(id: &str, shown: u32) -> Option<String> {
    let (version, cursor) = id.split_once('/')?;
    (version == shown.to_string()).then(|| cursor.to_owned())
}

async fn open(
    app: &App,
    id: &DeploymentId,
    wish: &Wish,
    after: Option<String>,
    follow: bool,
) -> Result<Option<LogStream>, ApiError> {
    if let Some(version) = wish.version {
        let release = app.engine.store().release_by_version(id, version).await;
        release.or_answer(app)?.ok_or_else(|| no_release(version))?;
    }
    let query = LogQuery {
        last: Some(wish.lines),
        since: wish.since,
        after,
        follow,
    };
    let log = app.engine.app_log(id, wish.version, &query).await;
    log.or_answer(app)
}

fn event(line: &LogLine, shown: u32) -> Event {
    let data = api::events::LogLine {
        at: Some(show::time(line.at)),
        line: line.text.clone(),
    };
    let id = format!("{shown}/{}", line.cursor);
    sse::event("line", Some(&id), &data)
}
