//! Server-sent events. `GET /api/events`: `id` is the sequence number, `event` the kind (`status release step warning`),
//! `data` a [`domain::event::EventRow`] as JSON. `GET /api/deployments/D/logs` with `Accept: text/event-stream`: `event:
//! line` with a [`LogLine`], and for a build log `event: end` with an [`End`] once the release is over.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// When it was read, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The text: masked, cut at 16 KiB.
    pub line: String,
}

/// How a release ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct End {
    /// The release's number.
    pub version: u32,
    /// Its status.
    pub status: String,
}
