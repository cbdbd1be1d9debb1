//! One guest, seen from inside.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::guest::{AppState, Exec, ExecEnd, Listening, Sealed, Service};
use domain::ports::{DriverError, LineSink, LogQuery, LogStream};
use domain::{ArtifactId, DeploymentId, GuestId};

use super::super::artifacts::Artifacts;
use super::kept::{self, Kept};
use super::shell::Shell;
use super::{app_folder, base, files, logs, look, service, step};
use crate::local::CrashPolicy;
use crate::local::toolchain::RegistrySettings;

/// What a command may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLimits {
    /// Memory in MiB, as the guest has it.
    pub memory: u32,
}

/// What an app may use, and how it is started again.
#[derive(Debug, Clone)]
pub struct ServiceLimits {
    /// Memory in MiB, as the guest has it.
    pub memory: u32,
    /// When a crashed app is started again, and when it is given up.
    pub crash: CrashPolicy,
    /// Havre's own binary on this machine: uploaded for static sites, once per content.
    pub exe: PathBuf,
}

/// One life of a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// Another text after every start of the guest.
    pub id: String,
    /// For how long it has been up.
    pub uptime: Duration,
}

/// A guest that can be reached. Cheap to make; holds nothing but the way there.
#[derive(Clone)]
pub struct Inside {
    shell: Arc<dyn Shell>,
    guest: GuestId,
}

impl Inside {
    /// The guest behind this shell.
    pub fn new(shell: Arc<dyn Shell>, guest: GuestId) -> Self {
        Self { shell, guest }
    }

    /// Runs a command to its end, as [`Driver::exec`](domain::ports::Driver::exec) wants it. `registries` are the host's
    /// settings for downloads, given when the command is to have them.
    ///
    /// # Errors
    /// Something else runs in the guest, or it cannot be reached.
    pub async fn exec(
        &self,
        command: &Exec,
        limits: StepLimits,
        registries: Option<&RegistrySettings>,
        sink: LineSink<'_>,
    ) -> Result<ExecEnd, DriverError> {
        step::exec(&self.shell, &self.guest, command, limits, registries, sink).await
    }

    /// Copies a tree of this machine into the app's folder, in place of what is there.
    ///
    /// # Errors
    /// The tree cannot be read, the guest's disk is full, or it cannot be reached.
    pub async fn put(&self, tree: &Path) -> Result<(), DriverError> {
        app_folder::put(&*self.shell, tree).await
    }

    /// Makes the app's folder into an artifact of the deployment.
    ///
    /// # Errors
    /// The folder is larger than an artifact may be, this machine's disk is full, or the guest cannot be reached.
    pub async fn seal(
        &self,
        artifacts: &Artifacts,
        deployment: &DeploymentId,
    ) -> Result<Sealed, DriverError> {
        app_folder::seal(&*self.shell, artifacts, deployment).await
    }

    /// Fills the app's folder of a new guest from an artifact, in place of what is there.
    ///
    /// # Errors
    /// The artifact is not there or damaged, the guest's disk is full, or it cannot be reached.
    pub async fn unpack(
        &self,
        artifacts: &Artifacts,
        deployment: &DeploymentId,
        id: &ArtifactId,
    ) -> Result<(), DriverError> {
        app_folder::unpack(&*self.shell, artifacts, deployment, id).await
    }

    /// Copies the kept folders of a guest that serves to this machine. Call it for the newest guest of a deployment
    /// before another one is made, and before a guest is destroyed.
    ///
    /// # Errors
    /// This machine's disk is full, or the guest cannot be reached.
    pub async fn keep(
        &self,
        kept: &Kept,
        deployment: &DeploymentId,
        persist: &[String],
    ) -> Result<(), DriverError> {
        kept::keep(&*self.shell, kept, deployment, persist).await
    }

    /// Puts the kept folders into a guest, after [`Self::unpack`] and before its app starts, in place of what is there. A
    /// folder that was never kept stays as the artifact has it, or is made empty.
    ///
    /// # Errors
    /// A path is none, or a link or a file stands there; the guest's disk is full, or it cannot be reached.
    pub async fn fill(
        &self,
        kept: &Kept,
        deployment: &DeploymentId,
        persist: &[String],
    ) -> Result<(), DriverError> {
        kept::fill(&*self.shell, kept, deployment, persist).await
    }

    /// Starts the app, or thaws it when it is frozen. The same service running is success, another one is replaced.
    ///
    /// # Errors
    /// systemd refuses it, or the guest cannot be reached.
    pub async fn start(
        &self,
        service: &Service,
        limits: &ServiceLimits,
    ) -> Result<(), DriverError> {
        service::start(&*self.shell, service, limits).await
    }

    /// Ends the app: asks, then kills after `grace`. It stays down when the guest restarts.
    ///
    /// # Errors
    /// It does not end, or the guest cannot be reached.
    pub async fn stop(&self, grace: Duration) -> Result<(), DriverError> {
        service::stop(&*self.shell, grace).await
    }

    /// Stops scheduling the app. False where nothing runs or it cannot be done.
    ///
    /// # Errors
    /// The guest cannot be reached.
    pub async fn freeze(&self) -> Result<bool, DriverError> {
        service::freeze(&*self.shell).await
    }

    /// How the app stands, by one look. `memory` (MiB) is for the words about an app that used more.
    ///
    /// # Errors
    /// The guest cannot be reached, or answers nothing that makes sense.
    pub async fn app_state(&self, memory: u32) -> Result<AppState, DriverError> {
        Ok(service::look(&*self.shell, memory).await?.app)
    }

    /// What the app listens on.
    ///
    /// # Errors
    /// The guest cannot be reached.
    pub async fn listening(&self) -> Result<Listening, DriverError> {
        look::listening(&*self.shell).await
    }

    /// Lines of the app's log; of a guest that cannot be reached none. A followed stream ends when the guest is gone.
    /// `memory` as in [`Self::app_state`].
    pub fn logs(&self, query: &LogQuery, memory: u32) -> LogStream {
        logs::read(&self.shell, query, memory)
    }

    /// Files that the app wrote since it was unpacked, as [`Driver::written`](domain::ports::Driver::written) wants them.
    ///
    /// # Errors
    /// The guest cannot be reached.
    pub async fn written(&self, persist: &[String]) -> Result<Vec<String>, DriverError> {
        look::written(&*self.shell, persist).await
    }

    /// Waits until systemd has started what it starts, for no longer than `bound`. `degraded` counts as started.
    ///
    /// # Errors
    /// It takes longer, or the guest cannot be reached.
    pub async fn ready(&self, bound: Duration) -> Result<(), DriverError> {
        base::ready(&*self.shell, bound).await
    }

    /// Which life of the guest this is.
    ///
    /// # Errors
    /// The guest cannot be reached.
    pub async fn boot(&self) -> Result<Boot, DriverError> {
        base::boot(&*self.shell).await
    }

    /// A new host key, made and kept in the guest and not yet shown to anybody. The same one again until
    /// [`Self::switch_host_key`], so write it down (believe the old one and this one), then switch.
    ///
    /// # Errors
    /// ssh-keygen fails, or the guest cannot be reached.
    pub async fn new_host_key(&self) -> Result<ssh::HostKey, DriverError> {
        base::new_host_key(&*self.shell).await
    }

    /// From now on the guest shows the key of [`Self::new_host_key`]; every other host key is removed. Done already is
    /// success. Connections that are open stay open.
    ///
    /// # Errors
    /// No new key was made, sshd refuses it (then the old one stays), or the guest cannot be reached.
    pub async fn switch_host_key(&self) -> Result<(), DriverError> {
        base::switch_host_key(&*self.shell).await
    }

    /// Makes a fresh machine what this module needs: the user `app`, `/app`, folders, limits of the journal, a `/tmp` on
    /// the disk, no password logins. May be called again.
    ///
    /// # Errors
    /// A command fails (its last lines are in the error), or the guest cannot be reached.
    pub async fn prepare(&self, sink: LineSink<'_>) -> Result<(), DriverError> {
        base::prepare(&*self.shell, sink).await
    }

    /// Installs packages of the distribution, with the host's proxy settings; refreshes the lists first.
    ///
    /// # Errors
    /// [`DriverError::Toolchain`] when apt says no (its last lines are in the error); the guest cannot be reached.
    pub async fn install(
        &self,
        packages: &[&str],
        registries: Option<&RegistrySettings>,
        sink: LineSink<'_>,
    ) -> Result<(), DriverError> {
        base::install(&*self.shell, packages, registries, sink).await
    }

    /// Removes what must not be in two machines: package lists, the journal, the machine id, the shell's history. The
    /// last thing before a base is shut down.
    ///
    /// # Errors
    /// A command fails, or the guest cannot be reached.
    pub async fn clean(&self) -> Result<(), DriverError> {
        base::clean(&*self.shell).await
    }

    /// Writes a file of root, whole or not at all.
    ///
    /// # Errors
    /// The disk is full, or the guest cannot be reached.
    pub async fn write_file(&self, path: &str, mode: u32, bytes: &[u8]) -> Result<(), DriverError> {
        files::write(&*self.shell, path, mode, "root", bytes).await
    }

    /// Runs a command as root to its end, streaming what it says; not a unit, not bounded but by `bound`.
    ///
    /// # Errors
    /// It does not exit with 0 (its last lines are in the error), takes too long, or the guest cannot be reached.
    pub async fn run(
        &self,
        argv: &[&str],
        bound: Duration,
        sink: LineSink<'_>,
    ) -> Result<(), DriverError> {
        base::run(&*self.shell, argv, bound, sink).await
    }
}
