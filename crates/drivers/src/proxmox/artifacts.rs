//! The artifacts of a cluster's apps: kept on the controller's disk, one compressed archive each.

use std::path::{Path, PathBuf};

use domain::ports::DriverError;
use domain::{ArtifactId, DeploymentId};

/// The artifacts of all deployments: `DATA_DIR/proxmox/artifacts/DEPLOYMENT/ID.tar.zst`.
#[derive(Debug, Clone)]
pub struct Artifacts {
    top: PathBuf,
}

impl Artifacts {
    /// The store below a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            top: data_dir.join("proxmox/artifacts"),
        }
    }

    /// Whether an artifact is there. Blocks.
    pub fn has(&self, deployment: &DeploymentId, id: &ArtifactId) -> bool {
        self.file(deployment, id).is_file()
    }

    /// Removes an artifact. Gone already is success. Blocks.
    ///
    /// # Errors
    /// The disk.
    pub fn drop_artifact(
        &self,
        deployment: &DeploymentId,
        id: &ArtifactId,
    ) -> Result<(), DriverError> {
        match std::fs::remove_file(self.file(deployment, id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(DriverError::other("remove an artifact", error))
            }
            _ => Ok(()),
        }
    }

    /// Removes all artifacts of a deployment. Gone already is success. Blocks.
    ///
    /// # Errors
    /// The disk.
    pub fn forget(&self, deployment: &DeploymentId) -> Result<(), DriverError> {
        crate::local::remove_tree(&self.folder(deployment))
            .map_err(|error| DriverError::other("remove artifacts", error))
    }

    fn folder(&self, deployment: &DeploymentId) -> PathBuf {
        self.top.join(deployment.to_string())
    }

    fn file(&self, deployment: &DeploymentId, id: &ArtifactId) -> PathBuf {
        self.folder(deployment).join(format!("{id}.tar.zst"))
    }
}
