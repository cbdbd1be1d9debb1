//! Releases: version vN of a deployment.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::limits::HealthOverride;
use crate::{
    ArtifactId, BaseId, Commit, DeploymentId, DeploymentKind, DriverKind, EnvVars, Failure, GitRef,
    GitUrl, HostLabel, Name, NodeName, Plan, ReleaseId, ReleaseStatus, Resources,
};

/// The number of a release: v1, v2, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl FromStr for Version {
    type Err = String;

    /// `v3` or `3`.
    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('v').unwrap_or(text);
        match digits.parse::<u32>() {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(format!(
                "`{text}` is not a release; releases are v1, v2, ..."
            )),
        }
    }
}

/// Why a release was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A deploy or redeploy: source is fetched, planned and built.
    Deploy,
    /// Back to an earlier release: no build, no release command.
    Rollback,
    /// The environment changed.
    Env,
    /// The resources changed.
    Resources,
}

/// What the user may ask of a deploy beside the URL; kept with the release, so that the next one asks the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeployOptions {
    /// The app's folder inside the repository.
    pub root: Option<String>,
    /// The framework that the user chose.
    pub framework: Option<String>,
    /// Build even where the host lacks the wanted version of a runtime.
    pub any_version: bool,
    /// Go on although the guest wrote files that would be lost. Holds for one release only.
    pub discard_data: bool,
    /// Other bounds for the health check.
    pub health: HealthOverride,
}

/// One release, as the database holds it.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// The deployment it belongs to.
    pub deployment: DeploymentId,
    /// Its number, counted per deployment.
    pub version: Version,
    /// Why it was made.
    pub cause: Cause,
    /// For a rollback, env or resource change: the release whose artifact it takes.
    pub from: Option<ReleaseId>,
    /// Where it stands.
    pub status: ReleaseStatus,
    /// Where the source comes from.
    pub url: GitUrl,
    /// The ref that was asked for; none means the default branch.
    pub git_ref: Option<GitRef>,
    /// The commit that the ref named when it was fetched.
    pub commit: Option<Commit>,
    /// What the user asked.
    pub options: DeployOptions,
    /// What detection decided.
    pub plan: Option<Plan>,
    /// Its environment.
    pub env: EnvVars,
    /// Its resources.
    pub resources: Resources,
    /// The built app folder.
    pub artifact: Option<ArtifactId>,
    /// The base that the artifact was built on.
    pub base: Option<BaseId>,
    /// Size of the artifact in bytes.
    pub disk_bytes: u64,
    /// The isolation tier of its guest.
    pub tier: Option<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The user asked to cancel it.
    pub cancel_requested: bool,
    /// When it was asked for, UTC.
    pub created_at: DateTime<Utc>,
    /// When it ended or went live, UTC.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was replaced, UTC; counts the time its guest stays warm.
    pub replaced_at: Option<DateTime<Utc>>,
}

/// What the pipeline needs to know of the deployment of a release.
#[derive(Debug, Clone)]
pub struct DeploymentFacts {
    /// Its id.
    pub id: DeploymentId,
    /// Its name.
    pub name: Name,
    /// Its host label.
    pub label: HostLabel,
    /// What the user asked it to live in.
    pub kind: DeploymentKind,
    /// Its tags.
    pub tags: Vec<String>,
    /// Where its guests live.
    pub driver: DriverKind,
    /// The machine of the cluster that the user chose.
    pub node: Option<NodeName>,
    /// Its slot at the driver.
    pub slot: u32,
    /// Its status.
    pub status: crate::Status,
    /// The serving release.
    pub serving: Option<ReleaseId>,
}
