//! What the controller tells a shim and what a shim answers, as lines of JSON over a socket pair. Environments travel
//! only here: they are in no file and on no command line.

use std::path::PathBuf;
use std::time::Duration;

use domain::GuestId;
use serde::{Deserialize, Serialize};

use super::cgroup::Placement;

/// Who the app is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Ids {
    /// Its uid and gid outside.
    pub outer: (u32, u32),
    /// True when this user may map any id (root); else only its own.
    pub privileged: bool,
}

/// The uid and gid of every app inside its guest.
pub const INNER_ID: u32 = 1000;

/// Scratch space inside a guest.
pub const TMP_DIR: &str = "/tmp";

/// How `/app` is made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppFolder {
    /// An artifact below, the guest's own writes above.
    Overlay {
        /// The artifact.
        lower: PathBuf,
        /// The guest's writes.
        upper: PathBuf,
        /// The overlay's work folder.
        work: PathBuf,
    },
    /// A folder of the guest's own.
    Plain(PathBuf),
}

/// A folder or file of the host inside a guest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bind {
    /// Where it is outside.
    pub from: PathBuf,
    /// Where it is inside.
    pub to: PathBuf,
    /// The app may write.
    pub writable: bool,
}

/// What a guest may use.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: u64,
    /// CPU cores.
    pub cores: u32,
    /// Processes and threads.
    pub pids: u32,
    /// Bytes below the app's folder.
    pub disk: u64,
    /// It gives way to the others when the processor is short: a build must not starve what serves.
    pub background: bool,
}

/// A command with everything it is given.
#[derive(Clone, Serialize, Deserialize)]
pub struct Command {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Its whole environment.
    pub env: Vec<(String, String)>,
    /// Its folder inside the guest.
    pub dir: PathBuf,
}

/// How often and how fast a crashed app is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashPolicy {
    /// The wait before the first restart; it doubles.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// This many crashes…
    pub crashes: usize,
    /// … within this time are a crash loop. An app that stayed up this long starts afresh.
    pub within: Duration,
}

impl Default for CrashPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(30),
            crashes: 10,
            within: Duration::from_secs(600),
        }
    }
}

/// What a shim is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Runs an app until it is stopped.
    Service {
        /// The port it was told to listen on.
        port: u16,
        /// How it is started again.
        crash: CrashPolicy,
        /// Tells one service from another without its secrets.
        fingerprint: String,
    },
    /// Runs one command to its end.
    Command,
}

/// Everything a shim needs.
#[derive(Clone, Serialize, Deserialize)]
pub struct Launch {
    /// The guest.
    pub guest: GuestId,
    /// Its folder outside.
    pub dir: PathBuf,
    /// Its host name inside.
    pub hostname: String,
    /// Who the app is.
    pub ids: Ids,
    /// How `/app` is made.
    pub app: AppFolder,
    /// What else is bound.
    pub binds: Vec<Bind>,
    /// What it may use.
    pub limits: Limits,
    /// Where its cgroups are made; none: limits by rlimits alone.
    pub cgroup: Option<Placement>,
    /// It gets a network beyond its own loopback.
    pub network: bool,
    /// A folder that outlives the guest and may hold as much as its disk.
    pub cache: Option<PathBuf>,
    /// Free bytes of disk below which the guest is ended; 0: none.
    pub floor: u64,
    /// What runs.
    pub command: Command,
    /// What the shim is for.
    pub work: Work,
}

/// What a shim answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The sandbox is there and the command started.
    Ready {
        /// Why there is no network, if there should be one.
        no_network: Option<String>,
        /// Landlock restricts it.
        landlock: bool,
    },
    /// The sandbox could not be made.
    Failed(String),
    /// The command ended.
    Ended(End),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// At the memory limit.
    OutOfMemory,
    /// At the disk limit.
    OutOfDisk,
}

/// What the controller asks of a running service's shim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// End the app: ask, then kill after this long; the shim ends too.
    Stop {
        /// How long the app may take.
        grace: Duration,
    },
    /// Stop scheduling it.
    Freeze,
    /// Go on.
    Thaw,
}

/// What a service's shim answers to an [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done.
    Done,
    /// Not possible here.
    Cannot(String),
}
