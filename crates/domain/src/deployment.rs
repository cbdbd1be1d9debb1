//! The deployment: the row of the seed document and what Havre adds to it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::release::{Release, Version};
use crate::{DeploymentId, NodeName, PlaceId, ReleaseId, Status};

/// What the user asked a deployment to live in: the `deployment_type` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeploymentKind {
    /// A virtual machine.
    Vm,
    /// A system container.
    #[default]
    Lxc,
}

impl DeploymentKind {
    /// The word as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Lxc => "lxc",
        }
    }
}

impl FromStr for DeploymentKind {
    type Err = String;

    /// The original's message, word for word.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "vm" => Ok(Self::Vm),
            "lxc" => Ok(Self::Lxc),
            _ => Err("Invalid deployment_type. Must be 'vm' or 'lxc'".to_owned()),
        }
    }
}

/// A place where guests live. Recorded per deployment and never changed silently.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum DriverKind {
    /// The embedded sandbox of this machine.
    #[default]
    Local,
    /// A Proxmox VE cluster.
    Proxmox,
}

impl DriverKind {
    /// The word as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Proxmox => "proxmox",
        }
    }

    /// True where guests live on the machine of the server that made them: no other server can look after them.
    pub fn is_of_a_place(self) -> bool {
        match self {
            Self::Local => true,
            Self::Proxmox => false,
        }
    }
}

impl fmt::Display for DriverKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DriverKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "local" => Ok(Self::Local),
            "proxmox" => Ok(Self::Proxmox),
            other => Err(format!(
                "`{other}` is not a driver; the drivers are local and proxmox"
            )),
        }
    }
}

/// A row of the `deployments` table, as it stands there. Text that Havre did not write may hold anything: `name` and
/// `github_url` are not parsed here, and a status nobody knows is shown as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// Unique identifier: 36-character text. Rows written by others may hold any text.
    pub id: String,
    /// Name as written.
    pub name: String,
    /// `vm` or `lxc`, as written.
    pub deployment_type: Option<String>,
    /// Framework key, as written.
    pub framework: Option<String>,
    /// URL of the repository, as written.
    pub github_url: Option<String>,
    /// Resources: JSON as written; `None` for SQL NULL and for JSON `null`.
    pub resources: Option<serde_json::Value>,
    /// The status, when it is one of ours.
    pub status: Option<Status>,
    /// The status as written.
    pub status_text: String,
    /// When the row was made, UTC.
    pub created_at: Option<DateTime<Utc>>,
    /// When it first ran, UTC.
    pub deployed_at: Option<DateTime<Utc>>,
    /// When it was destroyed, UTC.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Address of its guest, where it has one of its own.
    pub ip_address: Option<String>,
    /// Proxmox id of its guest.
    pub vm_id: Option<i64>,
    /// Why it failed.
    pub error_message: Option<String>,
    /// Its owner.
    pub user_id: Option<String>,
    /// Comma-separated tags.
    pub tags: Option<String>,
    /// What only a deployment with a release has; `None` for a record.
    pub managed: Option<Managed>,
    /// What could not be read in this row, in words; empty for a good one.
    pub unreadable: Vec<String>,
}

impl Deployment {
    /// The id, when it is one that Havre could have made.
    pub fn parsed_id(&self) -> Option<DeploymentId> {
        self.id.parse().ok()
    }
}

/// What Havre keeps of a deployment that has a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// Where its guests live.
    pub driver: DriverKind,
    /// A small number, unique among live deployments of one driver place: the local driver makes the uid from it.
    pub slot: u32,
    /// The newest release, whatever became of it.
    pub newest: Option<ReleaseSummary>,
    /// The release that serves.
    pub serving: Option<ReleaseSummary>,
    /// True once `destroy` was asked and until the guests are gone.
    pub destroying: bool,
    /// Where its guests live, when they live on the machine of one server.
    pub place: Option<PlaceId>,
    /// The machine of a cluster that the user chose.
    pub node: Option<NodeName>,
}

/// The few things about a release that a list of deployments shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseSummary {
    /// Its id.
    pub id: ReleaseId,
    /// Its number.
    pub version: Version,
    /// The commit it runs.
    pub commit: Option<crate::Commit>,
    /// Its status.
    pub status: crate::ReleaseStatus,
    /// The isolation tier of its guest, as its driver names it.
    pub tier: Option<String>,
    /// Warnings to show.
    pub warnings: Vec<String>,
}

impl From<&Release> for ReleaseSummary {
    fn from(release: &Release) -> Self {
        Self {
            id: release.id,
            version: release.version,
            commit: release.commit.clone(),
            status: release.status,
            tier: release.tier.clone(),
            warnings: release.warnings.clone(),
        }
    }
}
