//! Request bodies. The server reads `POST /api/deploy` field by field, to answer with the original's messages; clients
//! use these types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /api/deploy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeployRequest {
    /// Name of the deployment.
    pub name: String,
    /// Git URL.
    pub github_url: String,
    /// `vm` or `lxc` (default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_type: Option<String>,
    /// Framework key; detected when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// Cores, memory, disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourcesRequest>,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env_vars: BTreeMap<String, String>,
    /// Branch, tag or commit; the default branch when it is left out.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<String>,
    /// The app's folder inside the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Builds even where the host lacks the wanted version of a runtime.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_version: bool,
    /// Goes on although the guest wrote files that would be lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discard_data: bool,
    /// Deploys another repository under a name that is held.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replace_source: bool,
    /// Other bounds for the health check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthRequest>,
    /// Tags: a list, or comma-separated text. Left out, those of a deployment that is there stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<TagList>,
    /// The machine of the cluster to be on; `*` for whichever has room. Left out, as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

/// Tags: each 1 to 100 characters without commas, together at most 255.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TagList {
    /// `["web", "prod"]`.
    List(Vec<String>),
    /// `"web,prod"`.
    Text(String),
}

/// `PATCH /api/deployments/D`: first `tags` replaces all, then `remove_tags` are taken away, then `add_tags` added. None
/// of them makes a release; a record can have tags too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UpdateRequest {
    /// These instead of those that are there; an empty list takes all away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<TagList>,
    /// These too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_tags: Option<TagList>,
    /// No longer these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_tags: Option<TagList>,
}

/// Resources asked for; what is left out is as before, or the default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourcesRequest {
    /// CPU cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// Memory in MB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    /// Disk in GB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<u32>,
}

/// Bounds of the health check; what is left out comes from the plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HealthRequest {
    /// The path asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The first status that is not healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<u16>,
    /// How long the app may take, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<u32>,
}

/// `POST /api/deployments/D/redeploy` (`ref`, `resources`, `discard_data`) and `.../rollback` (`version`, `discard_data`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangeRequest {
    /// Another branch, tag or commit.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<String>,
    /// Back to this release; the one before when it is left out. `3` or `"v3"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Other resources, without building again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourcesRequest>,
    /// Goes on although the guest wrote files that would be lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discard_data: bool,
}

/// `PATCH /api/deployments/D/env`: a value sets, `null` unsets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EnvRequest {
    /// Name to value, or to `null`.
    pub env: BTreeMap<String, Option<String>>,
}
