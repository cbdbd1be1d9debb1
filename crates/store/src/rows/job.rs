//! Rows of jobs.

use crate::sql::Row;
use domain::ReleaseId;
use domain::job::{Job, Work};

use super::Read;
use crate::error::{Fault, Ran};

pub(crate) fn job(row: &Row) -> Ran<Job> {
    Ok(Job {
        id: row.parsed("id")?,
        deployment: row.parsed("deployment_id")?,
        work: work(row)?,
        attempts: row.number("attempts")?,
    })
}

fn work(row: &Row) -> Ran<Work> {
    Ok(match row.text("kind")?.as_str() {
        "deploy" => Work::Deploy {
            release: row.parsed("release_id")?,
        },
        "start" => Work::Start,
        "stop" => Work::Stop,
        "restart" => Work::Restart,
        "destroy" => Work::Destroy,
        other => return Err(Fault::Unreadable(format!("column kind: `{other}`"))),
    })
}

/// The word of a work as stored.
pub(crate) fn work_kind(work: &Work) -> &'static str {
    match work {
        Work::Deploy { .. } => "deploy",
        Work::Start => "start",
        Work::Stop => "stop",
        Work::Restart => "restart",
        Work::Destroy => "destroy",
    }
}

/// The release that a work is about.
pub(crate) fn work_release(work: &Work) -> Option<ReleaseId> {
    match work {
        Work::Deploy { release } => Some(*release),
        Work::Start | Work::Stop | Work::Restart | Work::Destroy => None,
    }
}
