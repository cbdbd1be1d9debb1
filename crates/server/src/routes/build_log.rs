//! The output of a release on its way.

use std::collections::VecDeque;

use api::events::{End, LogLine};
use axum::http::StatusCode;
use axum::response::sse::Event;
use domain::{DeploymentId, Release, ReleaseId};
use engine::build_log::BuildLine;
use futures_util::{StreamExt, stream};

use super::logs::{Wish, no_release};
use super::{lookup, outcome, sse};
use crate::error::{Answer, ApiError, OrAnswer};
use crate::state::App;
use crate::text;

/// Text of one JSON answer.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The newest lines of a build log.
pub(super) async fn lines(
    app: &App,
    id: &DeploymentId,
    wish: &Wish,
) -> Result<Vec<String>, ApiError> {
    let release = release(app, id, wish).await?;
    let log = app.engine.build_log(&release.id, 0, false).await;
    let mut log = log.or_answer(app)?;
    let mut tail = Tail::new(wish.lines);
    while let Some(line) = outcome::until_closing(app, log.next()).await? {
        tail.push(line.text);
    }
    Ok(tail.into_lines())
}

/// The whole build log from its beginning, or from the last line that was seen, and how the release ended.
pub(super) async fn follow(app: &App, id: &DeploymentId, wish: &Wish) -> Answer {
    let release = release(app, id, wish).await?;
    let after = wish.after.as_deref().and_then(|after| after.parse().ok());
    let log = app
        .engine
        .build_log(&release.id, after.unwrap_or(0), true)
        .await;
    let end = stream::once(end(app.clone(), release.id)).filter_map(std::future::ready);
    let events = log.or_answer(app)?.map(|line| shown(&line)).chain(end);
    sse::answer(app, events)
}

async fn release(app: &App, id: &DeploymentId, wish: &Wish) -> Result<Release, ApiError> {
    let store = app.engine.store();
    match wish.version {
        Some(version) => {
            let found = store.release_by_version(id, version).await.or_answer(app)?;
            found.ok_or_else(|| no_release(version))
        }
        None => lookup::newest(app, id)
            .await?
            .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "not_found", text::NO_RELEASE_YET)),
    }
}

fn shown(line: &BuildLine) -> Event {
    let data = LogLine {
        at: None,
        line: line.text.clone(),
    };
    sse::event("line", Some(&line.number.to_string()), &data)
}

/// Left out when the log ended before the release did (the engine goes down): the client asks again.
async fn end(app: App, release: ReleaseId) -> Option<Event> {
    let release = app.engine.store().release(&release).await.ok()?;
    let end = End {
        version: release.version.0,
        status: release.status.to_string(),
    };
    release
        .status
        .is_over()
        .then(|| sse::event("end", None, &end))
}

/// The newest lines of a log, bounded in number and bytes.
pub(super) struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
    most: usize,
}

impl Tail {
    pub fn new(most: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            bytes: 0,
            most,
        }
    }

    pub fn push(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > self.most || self.bytes > MOST_BYTES {
            let Some(gone) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= gone.len();
        }
    }

    pub fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_keeps_the_newest_lines_within_both_bounds() {
        let mut tail = Tail::new(2);
        for line in ["a", "b", "c"] {
            tail.push(line.to_owned());
        }
        assert_eq!(tail.into_lines(), ["b", "c"]);

        let mut tail = Tail::new(10);
        tail.push("x".repeat(MOST_BYTES));
        tail.push("y".to_owned());
        assert_eq!(tail.into_lines(), ["y"]);
    }
}
