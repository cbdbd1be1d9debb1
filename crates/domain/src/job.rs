//! Durable units of work and their leases.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{DeploymentId, JobId, ReleaseId};

/// What a job does. Jobs of one deployment run one at a time, in the order they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Takes a release to `serving` (or to `serving` without a guest while the deployment is stopped).
    Deploy {
        /// The release.
        release: ReleaseId,
    },
    /// Starts what was stopped or failed.
    Start,
    /// Stops what runs.
    Stop,
    /// Stops and starts.
    Restart,
    /// Removes every guest, artifact and claim.
    Destroy,
}

/// A job on the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The deployment it works on.
    pub deployment: DeploymentId,
    /// What it does.
    pub work: Work,
    /// How often it was leased before, so that a job that kills its worker is noticed.
    pub attempts: u32,
}

/// The right to work on a job. Every write made under it carries the epoch; a write whose epoch is over is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The deployment it works on.
    pub deployment: DeploymentId,
    /// Counts the leases of this job; the fence.
    pub epoch: i64,
}

/// A worker: one process of one machine. A new process is a new worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerId(pub String);

/// How long a lease holds without being renewed, by the database's clock.
pub const LEASE_TTL: Duration = Duration::from_secs(30);

/// How long a server counts as there, and leads what it leads, without being heard of: by the database's clock.
pub const PRESENCE_TTL: Duration = Duration::from_secs(15);
