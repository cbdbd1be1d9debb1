//! Snapshots of a guest.

use serde::Deserialize;

use super::{Guest, Pair};
use crate::error::Result;
use crate::names::{SnapName, Upid};
use crate::{lenient, routes};

/// A snapshot of a guest.
#[derive(Debug, Clone, Deserialize)]
pub struct SnapshotRow {
    /// Its name.
    pub name: SnapName,
    /// Its notes.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub description: String,
    /// The snapshot before it.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub parent: Option<SnapName>,
    /// When it was made, in seconds since 1970.
    #[serde(default, deserialize_with = "lenient::whole")]
    pub snaptime: Option<u64>,
}

impl Guest {
    /// Its snapshots, without the entry that stands for its present state.
    ///
    /// # Errors
    /// As any request.
    pub async fn snapshots(&self) -> Result<Vec<SnapshotRow>> {
        // `current` is not a name a snapshot can have, so it falls out.
        self.client
            .usable(self.call(&Pair(&routes::LXC_SNAPSHOTS, &routes::QEMU_SNAPSHOTS)))
            .await
    }

    /// Makes a snapshot. A storage that cannot is told by the task, not by this answer.
    ///
    /// # Errors
    /// As any request.
    pub async fn snapshot(&self, name: &SnapName, description: Option<&str>) -> Result<Upid> {
        let call = self.call(&Pair(&routes::LXC_SNAPSHOT, &routes::QEMU_SNAPSHOT));
        self.client
            .begin(call.set("snapname", name).maybe("description", description))
            .await
    }

    /// Deletes a snapshot; with `force` its entry goes even when the storage fails.
    ///
    /// # Errors
    /// As any request.
    pub async fn delete_snapshot(&self, name: &SnapName, force: bool) -> Result<Upid> {
        let call = self
            .call(&Pair(
                &routes::LXC_SNAPSHOT_DELETE,
                &routes::QEMU_SNAPSHOT_DELETE,
            ))
            .at(name);
        self.client
            .begin(if force {
                call.flag("force", true)
            } else {
                call
            })
            .await
    }

    /// Goes back to a snapshot; a container is stopped by it. With `start` it is started afterwards.
    ///
    /// # Errors
    /// As any request.
    pub async fn rollback(&self, name: &SnapName, start: bool) -> Result<Upid> {
        let call = self
            .call(&Pair(&routes::LXC_ROLLBACK, &routes::QEMU_ROLLBACK))
            .at(name);
        self.client
            .begin(if start {
                call.flag("start", true)
            } else {
                call
            })
            .await
    }
}
