//! The steps of a deploy, in their order.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One stage of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Fetches the commit and plans it.
    Fetch,
    /// Builds in a throw-away guest and seals the artifact.
    Build,
    /// Makes the guest of the release.
    Provision,
    /// Runs the plan's release command.
    Release,
    /// Starts the app.
    Start,
    /// Asks it over HTTP until it is healthy.
    Check,
    /// Moves the route to it.
    Route,
}

impl Step {
    /// Every step in order.
    pub const ALL: [Step; 7] = [
        Step::Fetch,
        Step::Build,
        Step::Provision,
        Step::Release,
        Step::Start,
        Step::Check,
        Step::Route,
    ];

    /// The word as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Fetch => "fetch",
            Step::Build => "build",
            Step::Provision => "provision",
            Step::Release => "release",
            Step::Start => "start",
            Step::Check => "check",
            Step::Route => "route",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Step::ALL
            .into_iter()
            .find(|step| step.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a step"))
    }
}
