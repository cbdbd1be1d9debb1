//! Events: what happened, in order, for whoever listens (`GET /api/events`).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::release::Version;
use crate::{DeploymentId, ReleaseStatus, Status, Step};

/// One event as stored. `seq` grows without gaps that matter: a listener resumes after the last one it saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// Its place in the order.
    pub seq: i64,
    /// When it happened, UTC.
    pub at: DateTime<Utc>,
    /// The deployment it is about.
    pub deployment: DeploymentId,
    /// The name of the deployment.
    pub name: String,
    /// What happened.
    #[serde(flatten)]
    pub what: Happened,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happened {
    /// The deployment has another status.
    Status {
        /// The status now.
        status: Status,
    },
    /// A release has another status.
    Release {
        /// Its number.
        version: Version,
        /// The status now.
        status: ReleaseStatus,
    },
    /// A step of a release began or ended.
    Step {
        /// The release's number.
        version: Version,
        /// The step.
        step: Step,
        /// How it stands.
        state: StepState,
    },
    /// Something the user should know.
    Warning {
        /// In words.
        message: String,
    },
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It began.
    Began,
    /// It is done, after this many milliseconds.
    Done {
        /// Milliseconds.
        millis: u64,
    },
    /// It was not needed for this release.
    Skipped,
    /// It failed.
    Failed,
}
