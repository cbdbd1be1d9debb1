//! What the parts of the driver share: the client, the notebook, the doors, and short ways to use them.

use std::sync::Arc;
use std::time::Duration;

use domain::DeploymentKind;
use domain::ports::{Clock, DriverError, Machines};
use pve::{Client, Guest, GuestKind, NodeName, SshKeys, Vmid};
use secrecy::ExposeSecret;
use ssh::ClientKey;
use tokio::sync::Semaphore;

use super::artifacts::Artifacts;
use super::config::{ProxmoxConfig, ProxmoxLimits};
use super::doors::{Doors, SshDoors};
use super::inside::Kept;
use super::inventory::Inventory;
use super::network::Network;
use super::notebook::Notebook;
use super::settings::ClusterSettings;
use crate::local::shared::blocking;
use crate::local::toolchain::{RegistrySettings, Toolchains};
use crate::text::proxmox as text;

/// Everything of one cluster.
pub struct Site {
    /// What the driver was told.
    pub config: ProxmoxConfig,
    /// The API.
    pub client: Client,
    /// Which number belongs to what.
    pub notebook: Notebook,
    /// What the cluster shows.
    pub inventory: Inventory,
    /// Bridges and the firewall, as the cluster has them.
    pub network: Network,
    /// The way into machines.
    pub doors: Arc<dyn Doors>,
    /// Sealed apps.
    pub artifacts: Artifacts,
    /// Kept folders.
    pub kept: Kept,
    /// Where settings of the host for downloads are looked up.
    pub toolchains: Arc<Toolchains>,
    /// Names this driver among those that work on one base.
    pub me: String,
    /// Guests that are looked into at once.
    pub looks: Semaphore,
}

impl Site {
    /// Opens what is needed; the cluster is not asked yet.
    ///
    /// # Errors
    /// Settings or keys that cannot be used.
    pub fn open(config: ProxmoxConfig, machines: Arc<dyn Machines>) -> Result<Self, DriverError> {
        let key = ClientKey::from_openssh(config.ssh_key.expose_secret())
            .map_err(|error| DriverError::other(text::NO_SSH_KEY, error))?;
        let doors = SshDoors::new(key, &config.settings).map_err(bad_settings)?;
        Self::with_doors(config, machines, Arc::new(doors))
    }

    /// The same with other doors.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub fn with_doors(
        config: ProxmoxConfig,
        machines: Arc<dyn Machines>,
        doors: Arc<dyn Doors>,
    ) -> Result<Self, DriverError> {
        config.settings.check().map_err(bad_settings)?;
        let seed = config.dice.roll(|rng| rng.next_u64());
        let endpoint = config.settings.endpoint(&config.secret, seed);
        let client = Client::new(endpoint.map_err(bad_settings)?)
            .map_err(|error| bad_settings(error.into()))?;
        let vmids = config.settings.vmids;
        let me = config.dice.roll(|rng| format!("{:016x}", rng.next_u64()));
        Ok(Self {
            notebook: Notebook::new(machines, config.cluster.clone(), vmids),
            inventory: Inventory::new(client.clone(), config.limits.inventory),
            network: Network::new(client.clone(), config.settings.network.clone()),
            artifacts: Artifacts::new(&config.data_dir),
            kept: Kept::new(&config.data_dir),
            looks: Semaphore::new(config.settings.concurrency.looks.max(1)),
            toolchains: Arc::new(Toolchains::new(
                config.host.clone(),
                config.data_dir.join("proxmox"),
            )),
            client,
            doors,
            me,
            config,
        })
    }

    /// What the set-up chose.
    pub fn settings(&self) -> &ClusterSettings {
        &self.config.settings
    }

    /// The bounds.
    pub fn limits(&self) -> &ProxmoxLimits {
        &self.config.limits
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.config.clock
    }

    /// Waits before looking again.
    pub async fn pause(&self, pause: Duration) {
        self.config.clock.sleep(pause).await;
    }

    /// A machine on a node, for requests about it.
    ///
    /// # Errors
    /// A number that is none; not for one of a checked range.
    pub fn machine(
        &self,
        kind: DeploymentKind,
        node: &NodeName,
        vmid: u32,
    ) -> Result<Guest, DriverError> {
        let vmid = Vmid::new(vmid).map_err(|bad| DriverError::other("read a VMID", bad))?;
        Ok(self.client.guest(kind_of(kind), node, vmid))
    }

    /// Our public key, as machines get it.
    ///
    /// # Errors
    /// Not in practice.
    pub fn public_keys(&self) -> Result<SshKeys, pve::Error> {
        Ok(SshKeys(vec![self.doors.public_line().parse()?]))
    }

    /// The host's settings for downloads, for builds and bases only.
    ///
    /// # Errors
    /// Not in practice.
    pub async fn registries(&self) -> Result<RegistrySettings, DriverError> {
        let toolchains = Arc::clone(&self.toolchains);
        blocking(move || Ok(toolchains.registries())).await
    }

    /// A text that nobody else has: marks one making of a base.
    pub fn nonce(&self) -> String {
        let number = self.config.dice.roll(|rng| rng.next_u64() >> 16);
        format!("b{number:012x}")
    }
}

/// The cluster's word for a kind.
pub fn kind_of(kind: DeploymentKind) -> GuestKind {
    match kind {
        DeploymentKind::Lxc => GuestKind::Lxc,
        DeploymentKind::Vm => GuestKind::Qemu,
    }
}

fn bad_settings(error: super::settings::BadSettings) -> DriverError {
    DriverError::other(text::BAD_SETTINGS, error)
}
