//! Folders of an app that outlive its guests: an archive per folder, on the controller's disk.

use std::path::{Path, PathBuf};

use domain::DeploymentId;
use domain::ports::DriverError;

/// The kept folders of all deployments, below `DATA_DIR/proxmox/persist`.
#[derive(Debug, Clone)]
pub struct Kept {
    top: PathBuf,
}

impl Kept {
    /// The store below a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            top: data_dir.join("proxmox/persist"),
        }
    }

    /// Removes what is kept of a deployment. Gone already is success. Blocks.
    ///
    /// # Errors
    /// The disk.
    pub fn forget(&self, deployment: &DeploymentId) -> Result<(), DriverError> {
        let folder = self.top.join(deployment.to_string());
        crate::local::remove_tree(&folder)
            .map_err(|error| DriverError::other("remove the kept folders", error))
    }
}
