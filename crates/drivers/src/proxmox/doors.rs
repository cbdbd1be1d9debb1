//! The way into machines: SSH as root, and a look at the host key that a machine shows.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ssh::{ClientKey, HostKey, Pool, PoolLimits, Session, SshError, Target, Timeouts, Trust};

use super::inside::{Shell, SshShell};
use super::settings::{BadSettings, ClusterSettings};

/// How long one knock waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why nobody opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shut {
    /// Nobody answers there, or not yet.
    Away(String),
    /// Another machine than the one that belongs there.
    Stranger,
    /// It does not accept our key.
    NotLetIn,
}

/// The way into machines; in tests a fake with behaviour.
#[async_trait]
pub trait Doors: Send + Sync + 'static {
    /// Connects once as this user, and tells the host key that was shown: one of those believed, or, when there are none,
    /// whatever it is.
    async fn knock(
        &self,
        address: IpAddr,
        user: &str,
        believed: &[HostKey],
    ) -> Result<HostKey, Shut>;

    /// Commands as root on the machine that shows this key there. Connects at the first need.
    fn shell(&self, address: IpAddr, key: &HostKey) -> Arc<dyn Shell>;

    /// Commands as another user.
    fn shell_as(&self, user: &str, address: IpAddr, key: &HostKey) -> Arc<dyn Shell>;

    /// The line for `authorized_keys`.
    fn public_line(&self) -> String;
}

/// The real doors.
pub struct SshDoors {
    pool: Pool,
    key: Arc<ClientKey>,
    jump: Option<Target>,
}

impl SshDoors {
    /// Doors that open with this key, through the jump host of the settings.
    ///
    /// # Errors
    /// When the jump host's name or key cannot be read.
    pub fn new(key: ClientKey, settings: &ClusterSettings) -> Result<Self, BadSettings> {
        let key = Arc::new(key);
        let limits = PoolLimits {
            sessions: 64.max(settings.concurrency.looks * 2),
            ..PoolLimits::default()
        };
        Ok(Self {
            pool: Pool::new(limits),
            jump: settings.jump_target(&key)?,
            key,
        })
    }

    fn target(&self, user: &str, address: IpAddr, trust: Trust) -> Target {
        let target = Target::new(address, user, Arc::clone(&self.key), trust);
        match &self.jump {
            Some(jump) => target.through(jump.clone()),
            None => target,
        }
    }
}

#[async_trait]
impl Doors for SshDoors {
    async fn knock(
        &self,
        address: IpAddr,
        user: &str,
        believed: &[HostKey],
    ) -> Result<HostKey, Shut> {
        let trust = match believed {
            [] => Trust::Learn,
            keys => Trust::AnyOf(keys.to_vec()),
        };
        let mut target = self.target(user, address, trust);
        target.timeouts = Timeouts {
            connect: PATIENCE,
            ..Timeouts::default()
        };
        let session = Session::connect(&target)
            .await
            .map_err(|error| shut(&error))?;
        let shown = session.host_key().clone();
        session.close().await;
        Ok(shown)
    }

    fn shell(&self, address: IpAddr, key: &HostKey) -> Arc<dyn Shell> {
        self.shell_as("root", address, key)
    }

    fn shell_as(&self, user: &str, address: IpAddr, key: &HostKey) -> Arc<dyn Shell> {
        let target = self.target(user, address, Trust::Pinned(key.clone()));
        Arc::new(SshShell::new(self.pool.clone(), target))
    }

    fn public_line(&self) -> String {
        self.key.public_line().to_owned()
    }
}

fn shut(error: &SshError) -> Shut {
    match error {
        SshError::HostKey { .. } => Shut::Stranger,
        SshError::AuthRefused { .. } => Shut::NotLetIn,
        other => Shut::Away(other.to_string()),
    }
}
