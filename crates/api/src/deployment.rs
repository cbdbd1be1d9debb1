//! Deployments and releases as the API shows them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A deployment. The first thirteen fields are the original's, dates naive UTC ISO 8601 with microseconds and no zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentObject {
    /// Unique identifier (UUID).
    pub id: String,
    /// Name.
    pub name: String,
    /// `vm` or `lxc`.
    pub deployment_type: Option<String>,
    /// Framework key.
    pub framework: Option<String>,
    /// URL of the Git repository.
    pub github_url: Option<String>,
    /// Resources: `{cores, memory (MB), disk (GB)}`.
    pub resources: Option<serde_json::Value>,
    /// `pending`, `provisioning`, `deploying`, `running`, `failed`, `stopped` or `deleted`.
    pub status: String,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it first ran.
    pub deployed_at: Option<String>,
    /// When it was destroyed.
    pub deleted_at: Option<String>,
    /// Address of its guest, where it has one of its own.
    pub ip_address: Option<String>,
    /// Proxmox id of its guest.
    pub vm_id: Option<i64>,
    /// Why it failed.
    pub error_message: Option<String>,
    /// Comma-separated tags.
    pub tags: Option<String>,
    /// Its owner.
    pub user_id: Option<String>,
    /// Its address at the gateway; none for a record.
    pub url: Option<String>,
    /// Where its guests live; none for a record.
    pub driver: Option<String>,
    /// Isolation tier of the serving guest.
    pub tier: Option<String>,
    /// The serving release, else the newest one.
    pub release: Option<ReleaseRef>,
    /// The commit of that release.
    pub commit: Option<String>,
    /// True when Havre deployed it; false for a record.
    pub managed: bool,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// The machine of the cluster that its guest is on, else the one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What it waits for now, in words; it goes on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
}

/// A release in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseRef {
    /// Its number.
    pub version: u32,
    /// `queued building starting serving kept failed cancelled superseded`.
    pub status: String,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseObject {
    /// Its number.
    pub version: u32,
    /// `queued building starting serving kept failed cancelled superseded`.
    pub status: String,
    /// The ref that was asked for.
    #[serde(rename = "ref")]
    pub git_ref: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// True for the one that serves.
    pub serving: bool,
    /// True while it can be rolled back to.
    pub kept: bool,
    /// Size of its artifact.
    pub disk_bytes: u64,
    /// `deploy`, `rollback`, `env` or `resources`.
    pub cause: String,
    /// Framework key of its plan.
    pub framework: Option<String>,
    /// Why this framework.
    pub why: Vec<String>,
    /// Isolation tier of its guest.
    pub tier: Option<String>,
    /// Its steps so far.
    pub steps: Vec<StepObject>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Why it failed: the whole story.
    pub error: Option<String>,
    /// Whose move it is after the failure: `build`, `unhealthy`, `platform`, …
    pub error_kind: Option<String>,
}

/// One step of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepObject {
    /// `fetch build provision release start check route`.
    pub step: String,
    /// `running`, `done`, `skipped`, or `cut` where an ended release failed or was cancelled.
    pub state: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}
