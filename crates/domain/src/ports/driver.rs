//! The port of a driver: a place where guests live.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;

use crate::guest::{
    Base, BaseWish, DriverReport, Exec, ExecEnd, GuestSeen, GuestSpec, Listening, Observation,
    Sealed, Service, Upstream,
};
use crate::{ArtifactId, DeploymentId, DriverKind, GuestId};

/// A line of output of a command or an app, cut at 16 KiB, control sequences except colours already removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutLine {
    /// The text, without the line end.
    pub text: String,
}

/// Takes lines while a command runs. Called from the driver's task; must not block.
pub type LineSink<'a> = &'a (dyn Fn(OutLine) + Send + Sync);

/// A line of an app's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When the driver read it, UTC.
    pub at: DateTime<Utc>,
    /// The text.
    pub text: String,
    /// An opaque place in the log: following can resume after it.
    pub cursor: String,
}

/// Which lines of an app's log.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// At most this many of the newest lines first; none: 1000.
    pub last: Option<usize>,
    /// Only lines from this time on.
    pub since: Option<DateTime<Utc>>,
    /// Only lines after this cursor.
    pub after: Option<String>,
    /// Goes on with lines as they come, until the guest is gone or the stream is dropped.
    pub follow: bool,
}

/// Lines of a log.
pub type LogStream = BoxStream<'static, LogLine>;

/// Why a driver could not do something. The words are for the user where the kind is the user's.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The machine lacks a runtime or version: what is missing, and the cure.
    #[error("{what}")]
    Toolchain {
        /// What is missing.
        what: String,
        /// How to get it.
        cure: String,
    },
    /// No room: disk, memory, ids.
    #[error("{what}")]
    Capacity {
        /// What is full.
        what: String,
        /// How to make room.
        cure: String,
    },
    /// The guest is not there.
    #[error("the guest {0} is not there")]
    Gone(GuestId),
    /// It may or may not have happened: look before trying again.
    #[error("it is not known whether `{0}` happened")]
    Ambiguous(String),
    /// Worth trying again.
    #[error("{0}")]
    Transient(String),
    /// Anything else, with its technical cause for the log.
    #[error("{what}")]
    Other {
        /// What was being done, as a fragment: `mount the root of guest g0123`.
        what: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl DriverError {
    /// Wraps a technical cause.
    pub fn other(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Other {
            what: what.into(),
            source: source.into(),
        }
    }
}

/// A place where guests live. Every method may be called again after a crash in the middle of it: what is already done
/// is success, what is already gone is success.
#[async_trait]
pub trait Driver: Send + Sync + 'static {
    /// Which driver this is.
    fn kind(&self) -> DriverKind;

    /// What the place offers: found by really trying, then remembered.
    async fn report(&self) -> Result<DriverReport, DriverError>;

    /// Chooses or makes the base that is wished for; making one may take minutes, and tells about itself. A runtime that
    /// is missing and not optional, or a version that is not to be had while `any_version` is false, is
    /// [`DriverError::Toolchain`].
    async fn prepare_base(&self, wish: &BaseWish, sink: LineSink<'_>) -> Result<Base, DriverError>;

    /// Makes a guest; nothing runs in it yet. Making one that is there already is success.
    async fn create(&self, spec: &GuestSpec) -> Result<(), DriverError>;

    /// Copies a tree of this machine into the app's folder of a build guest, owned by the app's user. Links are kept as
    /// links. What an earlier, cut call left is replaced.
    async fn put(&self, guest: &GuestId, tree: &Path) -> Result<(), DriverError>;

    /// Runs a command to its end inside a guest, streaming its output. A command of the same tag that is still running
    /// from an earlier life of the controller is ended first. Dropping the future ends the command.
    async fn exec(
        &self,
        guest: &GuestId,
        command: &Exec,
        sink: LineSink<'_>,
    ) -> Result<ExecEnd, DriverError>;

    /// Makes the app's folder of a build guest into an artifact. Sealing the same content twice gives the same id.
    async fn seal(&self, guest: &GuestId) -> Result<Sealed, DriverError>;

    /// Removes an artifact that no guest uses. Already gone is success.
    async fn drop_artifact(
        &self,
        deployment: &DeploymentId,
        artifact: &ArtifactId,
    ) -> Result<(), DriverError>;

    /// Starts the app of a guest, or thaws it when it is frozen. Running already with the same service is success.
    async fn start(&self, guest: &GuestId, service: &Service) -> Result<(), DriverError>;

    /// Where the gateway reaches the app. Steady from `create` to `destroy` at a place, over restarts of app and controller.
    /// On a cluster it may change, and an error means that nobody may be sent there now: a cluster that does not answer is
    /// no reason for one while the guest itself does.
    async fn address(&self, guest: &GuestId) -> Result<Upstream, DriverError>;

    /// Looks at one guest.
    async fn observe(&self, guest: &GuestId) -> Observation;

    /// What somebody changed by hand on the machine of a guest since it was made, a sentence each: `its memory is 4096 MB
    /// instead of 1024`. None of it is mended. Empty where a guest has no machine of its own. Asked about once a minute.
    async fn altered(&self, _guest: &GuestId) -> Result<Vec<String>, DriverError> {
        Ok(Vec::new())
    }

    /// Every guest of ours at this place, also those that the database does not know.
    async fn list(&self) -> Result<Vec<GuestSeen>, DriverError>;

    /// What sockets listen inside the guest.
    async fn listening(&self, guest: &GuestId) -> Result<Listening, DriverError>;

    /// Lines of the app's log.
    async fn logs(&self, guest: &GuestId, query: &LogQuery) -> Result<LogStream, DriverError>;

    /// Files that the app wrote below its folder since it was made, outside `persist` and what runtimes leave behind
    /// (bytecode, caches, pids); at most 20 of them, relative paths.
    async fn written(&self, guest: &GuestId) -> Result<Vec<String>, DriverError>;

    /// Stops scheduling the app; memory stays. False where the place cannot do it (the app keeps running).
    async fn freeze(&self, guest: &GuestId) -> Result<bool, DriverError>;

    /// Ends the app: asks, then kills after `grace`. The guest stays and can be started again.
    async fn stop(&self, guest: &GuestId, grace: Duration) -> Result<(), DriverError>;

    /// Removes a guest and all it has here: processes, mounts, cgroups, network, files. Already gone is success.
    async fn destroy(&self, guest: &GuestId) -> Result<(), DriverError>;

    /// Removes what belongs to a deployment and to none of its guests: caches, persisted folders, artifacts, logs.
    async fn forget(&self, deployment: &DeploymentId) -> Result<(), DriverError>;

    /// Removes what no guest owns any more: stale mounts, cgroups, networks, half-made folders. Called at start and by
    /// a reconciler; idempotent.
    async fn sweep(&self) -> Result<(), DriverError>;

    /// Refuses with [`DriverError::Capacity`] when there is no room for a build or a guest.
    async fn has_room(&self) -> Result<(), DriverError>;
}
