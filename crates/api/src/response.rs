//! Response bodies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DeploymentObject, ReleaseObject};

/// `GET /health`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `Havre`.
    pub service: String,
    /// `healthy`.
    pub status: String,
    /// The version of the binary.
    pub version: String,
}

/// `GET /api/ready`: 200 when all is ready, else 503.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Ready {
    /// True when the server can deploy.
    pub success: bool,
    /// Part (`database`, `gateway`, `driver`) to `ok` or what is wrong.
    pub parts: BTreeMap<String, String>,
}

/// A framework that can be deployed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FrameworkObject {
    /// Name for people.
    pub name: String,
    /// Language.
    pub language: String,
    /// Version that the original named, for display.
    pub version: String,
    /// Default port.
    pub port: u16,
    /// For display.
    pub install_cmd: String,
}

/// `GET /api/frameworks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Frameworks {
    /// Always true.
    pub success: bool,
    /// Key to framework.
    pub frameworks: BTreeMap<String, FrameworkObject>,
}

/// `GET /api/deployments` without parameters: the newest 1,000.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentList {
    /// Always true.
    pub success: bool,
    /// The deployments, oldest first.
    pub deployments: Vec<DeploymentObject>,
}

/// `GET /api/deployments` with parameters: one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentPage {
    /// Always true.
    pub success: bool,
    /// The deployments, in the order asked for; none on a page past the end.
    pub deployments: Vec<DeploymentObject>,
    /// How many there are, at most one second ago; null for a list by `tag`.
    pub total: Option<u64>,
    /// How many pages those are; null where `total` is.
    pub pages: Option<u64>,
    /// The number of this page; null for one that was asked for by `cursor`.
    pub page: Option<u64>,
    /// How many deployments a page has at most.
    pub per_page: u64,
    /// Ask for the next page with `cursor=` this, and the same filters and order; null on the last page.
    pub next_cursor: Option<String>,
}

/// `GET /api/deployments`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Deployments {
    /// With parameters.
    Page(DeploymentPage),
    /// Without.
    Whole(DeploymentList),
}

/// `GET /api/deployments/D`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentAnswer {
    /// Always true.
    pub success: bool,
    /// The deployment.
    pub deployment: DeploymentObject,
}

/// `GET /api/deployments/D/releases`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseList {
    /// Always true.
    pub success: bool,
    /// The releases, newest first.
    pub releases: Vec<ReleaseObject>,
}

/// What a deploy answers: the original's body once it is over (`?wait=true`), the same with the present status before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeployAnswer {
    /// True unless it failed.
    pub success: bool,
    /// In words.
    pub message: String,
    /// The deployment in short.
    pub deployment: DeployedObject,
    /// The release that was made.
    pub release: u32,
}

/// The deployment in a [`DeployAnswer`]: the original's fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeployedObject {
    /// Unique identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Address of its guest.
    pub ip_address: Option<String>,
    /// Proxmox id of its guest.
    pub vm_id: Option<i64>,
    /// Status.
    pub status: String,
    /// Framework key, once it is known.
    pub framework: Option<String>,
    /// Where it answers.
    pub access_url: Option<String>,
}

/// What an action (`redeploy rollback cancel start stop restart`, env) answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionAnswer {
    /// True unless it failed.
    pub success: bool,
    /// In words.
    pub message: String,
    /// The release that was made, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<u32>,
    /// The deployment as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentObject>,
}

/// `GET /api/deployments/D/env`. Values are `********` unless `?show=true`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EnvAnswer {
    /// Always true.
    pub success: bool,
    /// Name to value.
    pub env: BTreeMap<String, String>,
}

/// `GET /api/deployments/D/logs` as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogsAnswer {
    /// Always true.
    pub success: bool,
    /// The lines, or `No logs available`.
    pub logs: String,
}

/// `GET /api/stats`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatsAnswer {
    /// Always true.
    pub success: bool,
    /// The counts.
    pub stats: Stats,
}

/// The counts of [`StatsAnswer`], over live rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// All deployments.
    pub total_deployments: u64,
    /// Those that run.
    pub running_deployments: u64,
    /// Those that failed.
    pub failed_deployments: u64,
    /// `running / total * 100`; 0 when there is none.
    pub success_rate: f64,
}

/// Any error. Validation of a deploy fills `errors`, everything else `error`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ErrorAnswer {
    /// Always false.
    #[serde(default)]
    pub success: bool,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Every problem of the input, in the original's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// The field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What it means and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// A stable word for programs: `not_found`, `name_taken`, `refused`, `bad_input`, `app_failed`, `unavailable`,
    /// `platform`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// For a release that failed: whose move it is, as in `ReleaseObject::error_kind`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Stands in the server's log beside the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}
