//! Where the local driver keeps what.

use std::path::{Path, PathBuf};

use domain::{ArtifactId, DeploymentId, GuestId};

/// The folders below `DATA_DIR/local`.
#[derive(Debug, Clone)]
pub struct Layout {
    top: PathBuf,
}

impl Layout {
    /// The layout below a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            top: data_dir.join("local"),
        }
    }

    /// The folder that holds all of it.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// One folder per guest.
    pub fn guests(&self) -> PathBuf {
        self.top.join("guests")
    }

    /// The folder of one guest.
    pub fn guest(&self, id: &GuestId) -> GuestDir {
        GuestDir(self.guests().join(id.as_str()))
    }

    /// The artifacts of a deployment.
    pub fn artifacts(&self, deployment: &DeploymentId) -> PathBuf {
        self.top.join("artifacts").join(deployment.to_string())
    }

    /// One artifact.
    pub fn artifact(&self, deployment: &DeploymentId, id: &ArtifactId) -> PathBuf {
        self.artifacts(deployment).join(id.as_str())
    }

    /// The dependency cache of a deployment.
    pub fn cache(&self, deployment: &DeploymentId) -> PathBuf {
        self.top.join("cache").join(deployment.to_string())
    }

    /// The folders of a deployment that outlive its releases.
    pub fn persist(&self, deployment: &DeploymentId) -> PathBuf {
        self.top.join("persist").join(deployment.to_string())
    }

    /// What is being removed.
    pub fn trash(&self) -> PathBuf {
        self.top.join("trash")
    }

    /// Every folder that must be there.
    pub fn folders(&self) -> Vec<PathBuf> {
        let named = ["guests", "artifacts", "cache", "persist", "bases", "trash"];
        named.iter().map(|name| self.top.join(name)).collect()
    }
}

/// The folder of one guest.
#[derive(Debug, Clone)]
pub struct GuestDir(pub PathBuf);

impl GuestDir {
    /// What it was made from: the first file written.
    pub fn spec(&self) -> PathBuf {
        self.0.join("spec.json")
    }
    /// How its app stands, written by its shim.
    pub fn state(&self) -> PathBuf {
        self.0.join("state.json")
    }
    /// The app's folder, where it is a plain one.
    pub fn app(&self) -> PathBuf {
        self.0.join("app")
    }
    /// A build's scratch space.
    pub fn tmp(&self) -> PathBuf {
        self.0.join("tmp")
    }
    /// What the app wrote over its artifact.
    pub fn upper(&self) -> PathBuf {
        self.0.join("upper")
    }
    /// The overlay's own work folder.
    pub fn work(&self) -> PathBuf {
        self.0.join("work")
    }
    /// Hands out connections to the app.
    pub fn sock(&self) -> PathBuf {
        self.0.join("sock")
    }
    /// The shim's control socket.
    pub fn control(&self) -> PathBuf {
        self.0.join("ctl")
    }
    /// The app's log.
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }
    /// Held by the one shim that may use the guest's folders.
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }
    /// Where the control groups of the shim that runs are.
    pub fn cgroup(&self) -> PathBuf {
        self.0.join("cgroup.json")
    }
    /// Written once everything else was made.
    pub fn complete(&self) -> PathBuf {
        self.0.join("complete")
    }
    /// What sealing this guest gave.
    pub fn sealed(&self) -> PathBuf {
        self.0.join("sealed.json")
    }
    /// The running command of this tag.
    pub fn exec(&self, tag: &str) -> PathBuf {
        self.0.join(format!("exec-{tag}.json"))
    }
}
