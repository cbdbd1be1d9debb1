//! Guests: what a driver is told to make, and what it says it sees.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::plan::RuntimeNeed;
use crate::{
    ArtifactId, BaseId, DeploymentId, DeploymentKind, GuestId, HostLabel, NodeName, ReleaseId,
    Resources,
};

/// What a guest is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Thrown away once its artifact is sealed.
    Build,
    /// Runs a release.
    Serve,
}

/// Everything a driver needs to make one guest. Its id is written down before the driver is called, and making it
/// twice makes it once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuestSpec {
    /// Its id, and the nonce that it carries.
    pub id: GuestId,
    /// The deployment it belongs to.
    pub deployment: DeploymentId,
    /// The release it belongs to.
    pub release: ReleaseId,
    /// Names it for people.
    pub label: HostLabel,
    /// The deployment's number at this driver: the local driver makes the uid from it.
    pub slot: u32,
    /// What it is for.
    pub role: Role,
    /// What the user asked for; a driver that knows only one kind says so in its report.
    #[serde(default)]
    pub kind: DeploymentKind,
    /// The machine of a cluster that it must be on; none: the driver chooses.
    #[serde(default)]
    pub node: Option<NodeName>,
    /// Words to find it by, for people: the framework and the user's tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What it is made from.
    pub base: BaseId,
    /// The app folder it starts from; none for a build.
    pub artifact: Option<ArtifactId>,
    /// What it may use.
    pub resources: Resources,
    /// Folders of the app that outlive releases, relative to the app's folder.
    pub persist: Vec<String>,
}

/// The app's folder in every guest.
pub const APP_DIR: &str = "/app";

/// A command to run to its end inside a guest, in [`APP_DIR`] or a folder below it.
#[derive(Clone)]
pub struct Exec {
    /// Names the command: a resumed step ends its predecessor by it. `[a-z0-9-]`, unique per guest and use.
    pub tag: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Folder, relative to [`APP_DIR`].
    pub dir: String,
    /// The environment, complete but for what the driver itself must add (PATH, HOME, registry settings).
    pub env: BTreeMap<String, String>,
    /// Ended after this long.
    pub timeout: Duration,
    /// The host's registry and CA settings (pip, npm) are passed on: true for builds only.
    pub registries: bool,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecEnd {
    /// It exited by itself.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
    /// It took longer than its bound and was ended.
    TimedOut,
    /// It hit the memory limit.
    OutOfMemory,
    /// It hit the disk limit.
    OutOfDisk,
}

impl ExecEnd {
    /// True for exit code 0.
    pub fn is_success(self) -> bool {
        self == ExecEnd::Code(0)
    }
}

/// The app to run in a guest: started again when it crashes, until the crash bound.
#[derive(Clone, Serialize, Deserialize)]
pub struct Service {
    /// What runs.
    pub start: ServiceStart,
    /// Folder, relative to [`APP_DIR`].
    pub dir: String,
    /// The environment, complete but for what the driver itself must add (PATH, HOME).
    pub env: BTreeMap<String, String>,
    /// The port that the app was told to listen on.
    pub port: u16,
}

/// What runs as a service.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStart {
    /// Program and arguments.
    Argv(Vec<String>),
    /// Havre's static server over a folder relative to [`APP_DIR`].
    Static {
        /// The folder.
        dir: String,
        /// Unknown paths answer `index.html`.
        spa: bool,
    },
}

/// Where the gateway reaches a guest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// An address that this machine can connect to.
    Tcp(SocketAddr),
    /// A unix socket that hands out one connected TCP socket per connection (`SCM_RIGHTS`): the guest's own network
    /// stays closed. One byte comes with it: 0 with a descriptor, else an errno without one.
    Handout(PathBuf),
}

/// What a driver sees of one guest. `Unknown` is never treated as `Absent`.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// Certainly not there.
    Absent,
    /// There, in this state.
    Present(GuestSeen),
    /// The driver could not tell; the text says why.
    Unknown(String),
}

/// The state of a guest that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestSeen {
    /// Its id.
    pub id: GuestId,
    /// The deployment it says it belongs to.
    pub deployment: DeploymentId,
    /// What it is for.
    pub role: Role,
    /// How its app stands.
    pub app: AppState,
    /// Its machine, where it has one of its own.
    pub machine: Option<MachineSeen>,
}

/// The container or VM of a guest, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSeen {
    /// Its number in the cluster.
    pub vmid: u32,
    /// The machine of the cluster that it is on.
    pub node: String,
    /// Its confirmed address.
    pub address: Option<std::net::IpAddr>,
}

/// How the app in a guest stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AppState {
    /// Nothing was started, or it was stopped.
    Stopped,
    /// It runs.
    Running {
        /// Times it was started again after a crash.
        restarts: u32,
        /// Since when, UTC.
        since: DateTime<Utc>,
    },
    /// It is frozen: in memory, not scheduled.
    Frozen,
    /// It exited and waits to be started again.
    BackingOff {
        /// Times it was started again after a crash.
        restarts: u32,
        /// How it ended, in words.
        last_exit: String,
    },
    /// It crashed past the bound, or its machine restarted; it stays down until started.
    Down {
        /// How it ended, in words.
        last_exit: String,
        /// True when it crashed past the bound by itself.
        crash_loop: bool,
    },
}

/// What a guest can be seen to listen on: for the diagnosis of an app that never answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listening {
    /// Addresses and ports in state LISTEN inside the guest.
    pub sockets: Vec<SocketAddr>,
}

/// A sealed artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its id, made from its content.
    pub id: ArtifactId,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What a base is wanted for.
#[derive(Debug, Clone, PartialEq)]
pub struct BaseWish {
    /// What the guests made from it will be.
    pub kind: DeploymentKind,
    /// The machine of a cluster that they must be on; none: the driver chooses.
    pub node: Option<NodeName>,
    /// The runtimes to hold; the first is the one that serves.
    pub needs: Vec<RuntimeNeed>,
    /// Versions that are not to be had may be replaced by others.
    pub any_version: bool,
}

/// The base that was chosen or made for a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Its id.
    pub id: BaseId,
    /// The version of each runtime in it, such as `python 3.11.7`, for people.
    pub versions: Vec<String>,
    /// Optional runtimes that it lacks.
    pub missing_optional: Vec<crate::plan::Runtime>,
    /// What the user should know, such as a version that was not asked for.
    pub warnings: Vec<String>,
}

/// What a driver place offers here and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverReport {
    /// Isolation tier: `L1`, `L2`, … for the local driver.
    pub tier: String,
    /// What the tier means, in a sentence.
    pub meaning: String,
    /// How guests reach the network, in a sentence.
    pub network: String,
    /// Which resources are enforced and which are not, one sentence each.
    pub enforced: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}
