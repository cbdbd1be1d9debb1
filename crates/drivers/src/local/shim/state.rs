//! What a shim leaves in its guest's folder for whoever looks: how the app stands, and who says so.

use domain::guest::AppState;
use serde::{Deserialize, Serialize};

use super::super::cgroup::Placement;
use super::super::process::Process;

/// The state file of a guest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    /// The shim that wrote it.
    pub shim: Process,
    /// The guest's first process, in the host's numbers.
    pub init: i32,
    /// The service that runs, without its secrets.
    pub fingerprint: String,
    /// How the app stands.
    pub app: AppState,
    /// Why the guest has no network, if so.
    pub no_network: Option<String>,
    /// Where its control groups are.
    pub cgroup: Option<Placement>,
}
