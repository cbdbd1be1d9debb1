//! The plan: what detection decided. A pure value; the engine runs it, the driver never sees it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A runtime that guests are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// CPython with `venv`.
    Python,
    /// Node.js with npm.
    Node,
    /// Havre's own static file server: nothing is needed of the host.
    Static,
    /// A shell and what the base system has: a Procfile without a known language.
    Shell,
}

impl Runtime {
    /// The word as stored and as used in base ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Static => "static",
            Self::Shell => "shell",
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A runtime that a plan needs, with the version that the repository asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeNeed {
    /// Which runtime.
    pub runtime: Runtime,
    /// The version asked for, in the ecosystem's own syntax, normalised (`3.11`, `>=3.10,<3.13`, `^20`); none: any.
    pub version: Option<VersionWish>,
    /// Not needed to run the app: where it is missing, the commands that need it are left out and this is the warning.
    pub optional: Option<String>,
}

/// A version wish and where it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionWish {
    /// The wish, as the file has it (PEP 440 specifier or a bare version for Python; a semver range for Node).
    pub wish: String,
    /// The file that says so.
    pub file: String,
}

/// One command of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// What it does, for the build output: `Installing dependencies (requirements.txt)`.
    pub label: String,
    /// What runs.
    pub run: Run,
    /// The runtime it needs; a command of a missing optional runtime is left out.
    pub needs: Runtime,
}

/// How a command runs inside the guest, always in the app's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// A program and its arguments. `$NAME` is not expanded.
    Argv(Vec<String>),
    /// The user's own line, given to `/bin/sh -c` as it is.
    Line(String),
}

/// How the app is started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// A command line for `/bin/sh -c`, run as `exec` so that signals reach the app. It reads `$PORT` and `$HOST`.
    Line(String),
    /// Havre's own static server over this folder of the artifact, with `index.html` as fallback when `spa`.
    Static {
        /// The folder, relative to the app's.
        dir: String,
        /// Unknown paths answer `index.html`.
        spa: bool,
    },
}

/// A secret that is made once per deployment and kept over releases, unless the user sets the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedSecret {
    /// The environment variable.
    pub name: String,
    /// Why the app wants it.
    pub why: String,
}

/// How to tell that the app is healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheck {
    /// The path asked, starting with `/`.
    pub path: String,
    /// The first status that is not healthy: 500 takes everything below it.
    pub below: u16,
    /// How long the app may take, in seconds.
    pub within_seconds: u32,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            path: "/".into(),
            below: 500,
            within_seconds: 60,
        }
    }
}

/// What detection decided for one app. Equal inputs give equal plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The framework's key: `flask`, `django`, `fastapi`, `express`, `static`, `procfile`, …
    pub framework: String,
    /// The framework's name for people: `Flask`.
    pub title: String,
    /// Why this framework, one sentence each, the strongest first.
    pub why: Vec<String>,
    /// What else was seen and why it was not chosen.
    pub rejected: Vec<String>,
    /// The app's folder inside the repository; empty for the top.
    pub root: String,
    /// The runtimes needed; the first is the one that serves.
    pub runtimes: Vec<RuntimeNeed>,
    /// Installs dependencies. Their downloads may come from a cache.
    pub install: Vec<Command>,
    /// Builds assets and the like.
    pub build: Vec<Command>,
    /// Runs once per deploy before the start, never on a rollback: migrations.
    pub release: Option<Command>,
    /// Starts the app.
    pub start: Start,
    /// The port given to the app in `PORT`.
    pub port: u16,
    /// How to tell that it is healthy.
    pub health: HealthCheck,
    /// Environment that the framework wants; the user's values win.
    pub env: BTreeMap<String, String>,
    /// Prefixes (ending in `_`) and names of variables that the build bakes into the artifact.
    pub baked_env: Vec<String>,
    /// Secrets to make once.
    pub secrets: Vec<GeneratedSecret>,
    /// Folders of the app that outlive releases (`[persist] paths` of `havre.toml`), relative to the app's folder.
    pub persist: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Plan {
    /// The runtime that serves the app.
    pub fn main_runtime(&self) -> Runtime {
        self.runtimes
            .first()
            .map_or(Runtime::Shell, |need| need.runtime)
    }

    /// True when the build bakes the value of this variable into the artifact, so that changing it needs a rebuild.
    pub fn bakes(&self, name: &str) -> bool {
        self.baked_env.iter().any(|baked| {
            if baked.ends_with('_') {
                name.starts_with(baked.as_str())
            } else {
                name == baked
            }
        })
    }
}

/// The user's wishes that detection honours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The app's folder inside the repository (`--root`).
    pub root: Option<String>,
    /// The framework the user chose.
    pub framework: Option<String>,
}

/// Nothing that Havre can run was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct NotYet {
    /// What was found and that it cannot be run yet, in a sentence.
    pub message: String,
    /// What was looked for.
    pub looked_for: Vec<String>,
    /// What the user can do.
    pub cure: String,
}

#[cfg(test)]
mod tests {
    #[test]
    fn baked_names_match_whole_or_by_prefix() {
        let mut plan: super::Plan = serde_json::from_value(serde_json::json!({
            "framework": "x", "title": "X", "why": [], "rejected": [], "root": "", "runtimes": [], "install": [],
            "build": [], "release": null, "start": {"line": "true"}, "port": 8000, "health": {}, "env": {},
            "baked_env": ["VITE_", "PUBLIC_URL"], "secrets": [], "persist": [], "warnings": []
        }))
        .unwrap();
        assert!(plan.bakes("VITE_API") && plan.bakes("PUBLIC_URL"));
        assert!(!plan.bakes("PUBLIC_URLS") && !plan.bakes("vite_api"));
        plan.baked_env.clear();
        assert!(!plan.bakes("VITE_API"));
    }
}
