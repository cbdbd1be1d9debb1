//! Tasks: asked for until they end, bounded in time.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::Client;
use crate::call::Call;
use crate::error::{Asked, Error, Kind, Missing, Result, sort_task};
use crate::names::{Upid, Vmid};
use crate::wire::Backoff;
use crate::{lenient, routes, text};

/// The pauses between questions.
const FIRST: Duration = Duration::from_millis(200);
const MOST: Duration = Duration::from_secs(2);
/// A task that was just begun may not be listed yet.
const APPEARS: Duration = Duration::from_secs(5);
/// How many lines of a log are kept, and how many of them are read.
const TAIL: usize = 20;
const PAGE: u64 = 500;
const LINE: usize = 400;

/// How a task ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TaskEnd {
    /// It worked.
    Done,
    /// It worked, with these warnings from its log.
    Warned {
        /// How many it counted.
        count: u32,
        /// Those found in the log.
        lines: Vec<String>,
    },
    /// It failed: the error has its exit status and the last lines of its log.
    Failed(Error),
    /// It ended without saying how; the error is of [`Kind::Ambiguous`].
    Lost(Error),
    /// It still runs when the bound has passed; the error is of [`Kind::Ambiguous`].
    Running(Error),
}

impl TaskEnd {
    /// The warnings of a task that worked.
    ///
    /// # Errors
    /// When it did not, or when that is not known ([`Error::is_ambiguous`]).
    pub fn done(self) -> Result<Vec<String>> {
        match self {
            TaskEnd::Done => Ok(Vec::new()),
            TaskEnd::Warned { lines, .. } => Ok(lines),
            TaskEnd::Failed(error) | TaskEnd::Lost(error) | TaskEnd::Running(error) => Err(error),
        }
    }
}

/// What a task says about itself.
#[derive(Deserialize)]
struct State {
    #[serde(default, deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    exitstatus: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default, deserialize_with = "lenient::whole")]
    n: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    t: String,
}

impl Client {
    /// Waits until a task ends, at most so long. Questions that get no answer are asked again until then.
    ///
    /// # Errors
    /// When the task cannot be asked for: credentials, privileges, or a cluster that stays away.
    pub async fn task(&self, upid: &Upid, bound: Duration) -> Result<TaskEnd> {
        let begun = Instant::now();
        let mut backoff = Backoff::new(self.jitter(), FIRST, MOST);
        loop {
            let late = begun.elapsed() >= bound;
            match self.task_state(upid).await {
                Ok(state) if state.status.as_deref() == Some("running") => {
                    if late {
                        return Ok(TaskEnd::Running(unfinished(upid, bound)));
                    }
                }
                Ok(state) => {
                    return Ok(self.ended(upid, state.exitstatus.unwrap_or_default()).await);
                }
                Err(error) if late || !may_pass(&error, begun.elapsed()) => return Err(error),
                Err(error) => tracing::debug!(%error, "asking for the task again"),
            }
            backoff.pause().await;
        }
    }

    /// As [`Client::task`], where only a task that worked is of use: its warnings.
    ///
    /// # Errors
    /// As [`Client::task`] and [`TaskEnd::done`].
    pub async fn finish(&self, upid: &Upid, bound: Duration) -> Result<Vec<String>> {
        self.task(upid, bound).await?.done()
    }

    /// Whether a task still runs; `None` when the node does not know it.
    ///
    /// # Errors
    /// As any request.
    pub async fn task_runs(&self, upid: &Upid) -> Result<Option<bool>> {
        match self.task_state(upid).await {
            Ok(state) => Ok(Some(state.status.as_deref() == Some("running"))),
            Err(error) if *error.kind() == Kind::Gone(Missing::Task) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks a task to stop. It ends a little later; a task that has ended is left alone.
    ///
    /// # Errors
    /// As any request.
    pub async fn abort_task(&self, upid: &Upid) -> Result<()> {
        self.done(Call::new(&routes::TASK_ABORT).at(upid.node()).at(upid))
            .await
    }

    /// The last lines of a task's log, oldest first.
    ///
    /// # Errors
    /// As any request.
    pub async fn task_log(&self, upid: &Upid) -> Result<Vec<String>> {
        let mut tail: Vec<String> = Vec::new();
        let mut start = 0;
        // The end is what matters, and the server tells no length: page on, but not for ever.
        for _ in 0..20 {
            let call = Call::new(&routes::TASK_LOG)
                .at(upid.node())
                .at(upid)
                .set("start", start)
                .set("limit", PAGE);
            let lines: Vec<Line> = self.rows(call).await?;
            let full = lines.len() as u64 >= PAGE;
            start = lines
                .iter()
                .filter_map(|line| line.n)
                .max()
                .unwrap_or(start + PAGE);
            tail.extend(lines.into_iter().map(|line| text::clean(&line.t, LINE)));
            tail.drain(..tail.len().saturating_sub(TAIL));
            if !full {
                break;
            }
        }
        Ok(tail)
    }

    async fn task_state(&self, upid: &Upid) -> Result<State> {
        self.get(Call::new(&routes::TASK_STATUS).at(upid.node()).at(upid))
            .await
    }

    async fn ended(&self, upid: &Upid, exitstatus: String) -> TaskEnd {
        if exitstatus == "OK" {
            return TaskEnd::Done;
        }
        let log = self
            .task_log(upid)
            .await
            .unwrap_or_else(|error| vec![text::no_log(&error)]);
        if let Some(count) = exitstatus
            .strip_prefix("WARNINGS: ")
            .and_then(|count| count.trim().parse().ok())
        {
            let lines = log
                .into_iter()
                .filter(|line| line.to_lowercase().contains("warn"))
                .collect();
            return TaskEnd::Warned { count, lines };
        }
        if is_lost(&exitstatus) {
            return TaskEnd::Lost(
                of_task(upid, Kind::Ambiguous, text::task_lost(&exitstatus)).with_log(log),
            );
        }
        let kind = sort_task(&exitstatus, &log);
        let failed = of_task(upid, kind, exitstatus).with_log(log);
        TaskEnd::Failed(failed.about_guest(upid.vmid().map(Vmid::get)))
    }
}

/// What `read_status` says when the worker died and left no last line.
fn is_lost(exitstatus: &str) -> bool {
    exitstatus.is_empty()
        || exitstatus == "unexpected status"
        || exitstatus.starts_with("unable to get last line from task log")
}

/// A node may restart while its task runs; wrong credentials do not mend.
fn may_pass(error: &Error, since: Duration) -> bool {
    match error.kind() {
        Kind::Transient | Kind::Unreachable | Kind::Ambiguous => true,
        Kind::Gone(Missing::Task) => since < APPEARS,
        _ => false,
    }
}

fn unfinished(upid: &Upid, bound: Duration) -> Error {
    of_task(
        upid,
        Kind::Ambiguous,
        text::task_unfinished(upid.kind(), bound.as_secs()),
    )
}

fn of_task(upid: &Upid, kind: Kind, reason: String) -> Error {
    Error::new(kind, reason).with_asked(Asked {
        method: "TASK",
        path: upid.to_string(),
    })
}
