//! Bounds: how long a step may take, what a build may use, how much is kept. Each has a default and a setting.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::job::{LEASE_TTL, PRESENCE_TTL};

/// What one build may use, whatever the app itself gets: a 256 MB app must still be buildable, and a build must not
/// starve what serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildLimits {
    /// CPU cores.
    pub cores: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Disk in GiB.
    pub disk: u32,
}

impl Default for BuildLimits {
    fn default() -> Self {
        Self {
            cores: 2,
            memory: 2048,
            disk: 10,
        }
    }
}

/// Other bounds for the health check of one deployment; what is none comes from the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthOverride {
    /// The path asked.
    pub path: Option<String>,
    /// The first status that is not healthy.
    pub below: Option<u16>,
    /// How long the app may take, in seconds.
    pub within_seconds: Option<u32>,
}

/// The bounds of the engine.
#[derive(Debug, Clone)]
pub struct EngineLimits {
    /// Deploys at once.
    pub deploys: usize,
    /// Builds at once.
    pub builds: usize,
    /// Guests started at once after a reboot.
    pub restarts: usize,
    /// Releases kept for rollback, the serving one included.
    pub keep_releases: usize,
    /// How long the guest of a replaced release stays warm.
    pub warm: Duration,
    /// How long requests in flight may go on on a replaced guest.
    pub drain: Duration,
    /// What one build may use.
    pub build: BuildLimits,
    /// How long fetching may take.
    pub fetch_timeout: Duration,
    /// How long all install and build commands may take together.
    pub build_timeout: Duration,
    /// How long the release command may take.
    pub release_timeout: Duration,
    /// How long a guest may take to end after being told to.
    pub stop_grace: Duration,
    /// How long a job is leased without being renewed.
    pub lease: Duration,
    /// How often the guests of a cluster are looked at, each of them inside.
    pub look: Duration,
    /// How long a guest of a cluster that nobody knows is listed before it is removed.
    pub orphan_grace: Duration,
    /// How long a server and what it leads count as there without being heard of.
    pub presence: Duration,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            deploys: 4,
            builds: 2,
            restarts: 4,
            keep_releases: 3,
            warm: Duration::from_secs(600),
            drain: Duration::from_secs(30),
            build: BuildLimits::default(),
            fetch_timeout: Duration::from_secs(300),
            build_timeout: Duration::from_secs(1800),
            release_timeout: Duration::from_secs(600),
            stop_grace: Duration::from_secs(10),
            lease: LEASE_TTL,
            look: Duration::from_secs(10),
            orphan_grace: Duration::from_secs(3600),
            presence: PRESENCE_TTL,
        }
    }
}
