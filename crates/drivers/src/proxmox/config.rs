//! What the driver is told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, Dice};
use secrecy::SecretString;

use super::settings::ClusterSettings;
use crate::local::CrashPolicy;
use crate::local::toolchain::HostEnv;

/// Settings of the Proxmox driver.
#[derive(Clone)]
pub struct ProxmoxConfig {
    /// The cluster's name in Havre; at most 40 characters.
    pub cluster: String,
    /// What the set-up chose.
    pub settings: ClusterSettings,
    /// The secret of the token, or the user's password.
    pub secret: SecretString,
    /// Havre's own SSH key, as OpenSSH text.
    pub ssh_key: SecretString,
    /// Havre's data folder; artifacts are kept in `proxmox` below it.
    pub data_dir: PathBuf,
    /// Havre's own binary, put into guests that serve static sites.
    pub exe: PathBuf,
    /// Bounds.
    pub limits: ProxmoxLimits,
    /// How crashed apps are started again.
    pub crash: CrashPolicy,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub dice: Arc<Dice>,
    /// The environment of this process, where registry settings are looked up. Guests inherit none of it.
    pub host: HostEnv,
}

/// Bounds of the driver.
#[derive(Debug, Clone, Copy)]
pub struct ProxmoxLimits {
    /// The most that a base of containers takes, in bytes.
    pub lxc_base: u64,
    /// The most that a base of VMs takes, in bytes.
    pub vm_base: u64,
    /// A base that is older is made anew.
    pub base_age: Duration,
    /// How long a task of the cluster may take: a full clone of a large disk.
    pub task: Duration,
    /// How long a lock of the cluster is waited for, by one call.
    pub lock: Duration,
    /// How long a machine may take from its start until it answers over SSH.
    pub boot: Duration,
    /// How long installing the packages of a base may take.
    pub install: Duration,
    /// How long a base that another server makes is waited for.
    pub other_maker: Duration,
    /// A machine shows its host key again after this long.
    pub recheck: Duration,
    /// How long what the cluster showed is believed.
    pub inventory: Duration,
}

impl Default for ProxmoxLimits {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            lxc_base: 5 << 30,
            vm_base: 10 << 30,
            base_age: minutes(30 * 24 * 60),
            task: minutes(30),
            lock: minutes(10),
            boot: minutes(3),
            install: minutes(20),
            other_maker: minutes(40),
            recheck: minutes(5),
            inventory: Duration::from_secs(2),
        }
    }
}
