//! The log of an app.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::GuestId;
use domain::ports::{LogLine, LogQuery, LogStream};
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use crate::hub::Hub;
use crate::state::Guest;

fn place(cursor: &str) -> usize {
    cursor.parse::<usize>().map_or(0, |at| at + 1)
}

/// The lines of a guest that are there now.
pub(super) fn select(guest: &Guest, query: &LogQuery) -> Vec<LogLine> {
    let from = query.after.as_deref().map_or(0, place);
    let wanted = |line: &&LogLine| {
        place(&line.cursor) > from && query.since.is_none_or(|since| line.at >= since)
    };
    let mut lines: Vec<LogLine> = guest.log.iter().filter(wanted).cloned().collect();
    let last = query.last.unwrap_or(1000);
    lines.drain(..lines.len().saturating_sub(last));
    lines
}

struct Follow {
    hub: Arc<Hub>,
    guest: GuestId,
    ready: VecDeque<LogLine>,
    after: Option<String>,
    bell: watch::Receiver<u64>,
}

impl Follow {
    async fn next(mut self) -> Option<(LogLine, Self)> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                self.after = Some(line.cursor.clone());
                return Some((line, self));
            }
            let query = LogQuery {
                after: self.after.clone(),
                last: Some(usize::MAX),
                ..LogQuery::default()
            };
            let id = &self.guest;
            let lines = self
                .hub
                .peek(|state| state.guests.get(id).map(|guest| select(guest, &query)))?;
            if lines.is_empty() {
                self.bell.changed().await.ok()?;
            }
            self.ready.extend(lines);
        }
    }
}

/// Lines that are there, then, when following, those that come.
pub(super) fn stream(
    hub: Arc<Hub>,
    guest: GuestId,
    lines: Vec<LogLine>,
    query: &LogQuery,
) -> LogStream {
    if !query.follow {
        return stream::iter(lines).boxed();
    }
    let bell = hub.bell.subscribe();
    let newest = hub.peek(|state| {
        state
            .guests
            .get(&guest)
            .and_then(|guest| guest.log.last().map(|line| line.cursor.clone()))
    });
    let after = lines
        .last()
        .map(|line| line.cursor.clone())
        .or(newest)
        .or(query.after.clone());
    stream::unfold(
        Follow {
            hub,
            guest,
            ready: lines.into(),
            after,
            bell,
        },
        Follow::next,
    )
    .boxed()
}
