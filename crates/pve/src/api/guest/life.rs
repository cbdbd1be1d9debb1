//! Start, stop, copy, grow, move, destroy.

use std::time::Duration;

use super::{Cloning, Guest, GuestKind, Pair};
use crate::error::Result;
use crate::names::{ConfigKey, NodeName, StorageId, Upid, place_of};
use crate::props::Resize;
use crate::routes;

impl Guest {
    /// Starts it. One that runs already is [`crate::Conflict::AlreadyRunning`].
    ///
    /// # Errors
    /// As any request.
    pub async fn start(&self) -> Result<Upid> {
        self.client
            .begin(self.call(&Pair(&routes::LXC_START, &routes::QEMU_START)))
            .await
    }

    /// Stops it at once, as pulling the plug. `overrule` ends a shutdown that is under way. Works without quorum.
    ///
    /// # Errors
    /// As any request.
    pub async fn stop(&self, overrule: bool) -> Result<Upid> {
        let call = self.call(&Pair(&routes::LXC_STOP, &routes::QEMU_STOP));
        self.client
            .begin(if overrule {
                call.flag("overrule-shutdown", true)
            } else {
                call
            })
            .await
    }

    /// Asks it to shut down within this time; with `force` it is stopped after that, else the task fails.
    ///
    /// # Errors
    /// As any request.
    pub async fn shutdown(&self, within: Duration, force: bool) -> Result<Upid> {
        let call = self.call(&Pair(&routes::LXC_SHUTDOWN, &routes::QEMU_SHUTDOWN));
        self.client
            .begin(
                call.set("timeout", within.as_secs())
                    .flag("forceStop", force),
            )
            .await
    }

    /// Shuts it down and starts it again, with what has waited for that.
    ///
    /// # Errors
    /// As any request.
    pub async fn reboot(&self, within: Duration) -> Result<Upid> {
        let call = self.call(&Pair(&routes::LXC_REBOOT, &routes::QEMU_REBOOT));
        self.client
            .begin(call.set("timeout", within.as_secs()))
            .await
    }

    /// Copies it. The new number is taken before the answer: [`crate::Error::is_taken`] when another was faster. The source is
    /// locked while it is copied, the copy is locked `create` until it is finished.
    ///
    /// # Errors
    /// As any request.
    pub async fn clone_to(&self, cloning: &Cloning) -> Result<Upid> {
        let name = match self.kind {
            GuestKind::Lxc => "hostname",
            GuestKind::Qemu => "name",
        };
        let call = self
            .call(&Pair(&routes::LXC_CLONE, &routes::QEMU_CLONE))
            .set("newid", cloning.newid)
            .maybe(name, cloning.name.as_ref())
            .maybe_flag("full", cloning.full)
            .maybe("storage", cloning.storage.as_ref())
            .maybe("snapname", cloning.snapshot.as_ref())
            .maybe("pool", cloning.pool.as_ref())
            .maybe("target", cloning.target.as_ref())
            .maybe("description", cloning.description.as_ref())
            .wants(
                place_of(cloning.newid, cloning.pool.as_ref()),
                "VM.Allocate",
            );
        self.client.begin(call).await
    }

    /// Grows a disk: `rootfs` or `mp0` of a container, `scsi0` of a VM.
    ///
    /// # Errors
    /// As any request; the size it has already is refused.
    pub async fn resize(&self, disk: &ConfigKey, size: Resize) -> Result<Upid> {
        let call = self.call(&Pair(&routes::LXC_RESIZE, &routes::QEMU_RESIZE));
        self.client
            .begin(call.set("disk", disk).set("size", size))
            .await
    }

    /// Makes it a template: at once for a container, a task for a VM.
    ///
    /// # Errors
    /// As any request.
    pub async fn make_template(&self) -> Result<Option<Upid>> {
        self.client
            .begin_maybe(self.call(&Pair(&routes::LXC_TEMPLATE, &routes::QEMU_TEMPLATE)))
            .await
    }

    /// Moves it to another node. A container that runs is restarted there; a VM that runs is moved alive.
    ///
    /// # Errors
    /// As any request.
    pub async fn migrate(
        &self,
        target: &NodeName,
        storage: Option<&StorageId>,
        running: bool,
    ) -> Result<Upid> {
        let call = self
            .call(&Pair(&routes::LXC_MIGRATE, &routes::QEMU_MIGRATE))
            .set("target", target);
        let call = match self.kind {
            GuestKind::Lxc => call
                .flag("restart", running)
                .maybe("target-storage", storage),
            GuestKind::Qemu => call
                .flag("online", running)
                .flag("with-local-disks", true)
                .maybe("targetstorage", storage),
        };
        self.client.begin(call).await
    }

    /// Destroys it with its disks, its jobs and its firewall. A container that runs is stopped with `force`; a VM must be
    /// stopped before. Its number stays taken until the task has ended.
    ///
    /// # Errors
    /// As any request; [`crate::Error::is_guest_gone`] when there is nothing to destroy.
    pub async fn destroy(&self, force: bool) -> Result<Upid> {
        let call = self.call(&Pair(&routes::LXC_DESTROY, &routes::QEMU_DESTROY));
        let call = call
            .flag("purge", true)
            .flag("destroy-unreferenced-disks", true);
        self.client
            .begin(if force && self.kind == GuestKind::Lxc {
                call.flag("force", true)
            } else {
                call
            })
            .await
    }
}
