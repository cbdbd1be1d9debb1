//! What was done to a shared world, by whom, and who had the right to it at that moment.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use domain::DeploymentId;
use serde::{Deserialize, Serialize};

use super::database::Eye;

/// One act: what changes the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    pub worker: String,
    pub what: String,
    pub deployment: DeploymentId,
    pub guest: String,
    /// Who held the lease of the job, by the database's clock; none: nobody had one.
    pub holder: Option<String>,
    pub epoch: i64,
    pub live: bool,
}

impl Act {
    /// True when the one who did it had the right to.
    pub fn is_rightful(&self) -> bool {
        self.live && self.holder.as_deref() == Some(self.worker.as_str())
    }
}

/// The file of all acts, which several processes write.
#[derive(Clone)]
pub struct Log {
    file: PathBuf,
    worker: String,
    eye: Eye,
}

impl Log {
    pub fn new(folder: &Path, worker: &str, eye: Eye) -> Self {
        Self {
            file: file(folder),
            worker: worker.to_owned(),
            eye,
        }
    }

    /// Writes an act down before it is done.
    pub async fn act(&self, what: &str, deployment: &DeploymentId, guest: &str) {
        let mut holder = self.eye.job(deployment).await;
        // A guest that nobody needs is removed by who leads that, without a job.
        if holder.is_none() && what == "destroy" {
            holder = self.eye.leader("retire of proxmox").await;
        }
        let act = Act {
            worker: self.worker.clone(),
            what: what.to_owned(),
            deployment: *deployment,
            guest: guest.to_owned(),
            epoch: holder.as_ref().map_or(0, |holder| holder.epoch),
            live: holder.as_ref().is_some_and(|holder| holder.live),
            holder: holder.map(|holder| holder.worker),
        };
        let line = serde_json::to_string(&act).unwrap() + "\n";
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)
            .unwrap();
        // One call: lines of several processes do not mix.
        file.write_all(line.as_bytes()).unwrap();
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("acts")
}

/// All acts so far, in order.
pub fn acts(folder: &Path) -> Vec<Act> {
    let text = std::fs::read_to_string(file(folder)).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
