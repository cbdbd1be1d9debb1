//! Settings as what the clients of the API and of SSH want.

use std::sync::Arc;

use pve::{Auth, Endpoint, Limits, Tls};
use secrecy::SecretString;
use ssh::{ClientKey, Target, Trust};

use super::{AddressPlan, AuthId, BadRange, ClusterSettings, TlsChoice};
use crate::text::proxmox as text;

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// The address, a fingerprint or a name of the API.
    #[error(transparent)]
    Api(#[from] pve::Error),
    /// The range of addresses.
    #[error(transparent)]
    Range(#[from] BadRange),
    /// The numbers of machines.
    #[error("{}", text::bad_vmids(*.0, *.1))]
    Vmids(u32, u32),
    /// The jump host.
    #[error("{}", text::bad_jump(.0))]
    Jump(String),
}

impl ClusterSettings {
    /// Checks what can be checked without asking the cluster.
    ///
    /// # Errors
    /// What cannot be used, in words.
    pub fn check(&self) -> Result<(), BadSettings> {
        let range = self.vmids;
        if range.first < 100 || range.last < range.first || range.last > 999_999_999 {
            return Err(BadSettings::Vmids(range.first, range.last));
        }
        if let AddressPlan::Range(range) = &self.network.addresses {
            range.check()?;
        }
        Ok(())
    }

    /// The way into the API.
    ///
    /// # Errors
    /// When the address or a fingerprint is none.
    pub fn endpoint(&self, secret: &SecretString, seed: u64) -> Result<Endpoint, BadSettings> {
        let auth = match &self.auth {
            AuthId::Token(id) => Auth::Token {
                id: id.clone(),
                secret: secret.clone(),
            },
            AuthId::User(user) => Auth::Password {
                user: user.clone(),
                password: secret.clone(),
            },
        };
        Ok(Endpoint {
            url: self.url.parse()?,
            auth,
            tls: self.tls.to_tls()?,
            limits: Limits {
                at_once: self.concurrency.requests.max(1),
                per_storage: self.concurrency.per_storage.max(1),
                ..Limits::default()
            },
            seed,
        })
    }

    /// The jump host, reached with this key.
    ///
    /// # Errors
    /// When its name or key is none.
    pub fn jump_target(&self, key: &Arc<ClientKey>) -> Result<Option<Target>, BadSettings> {
        let Some(jump) = &self.jump else {
            return Ok(None);
        };
        let host: ssh::Host = jump
            .host
            .parse()
            .map_err(|bad: ssh::HostError| BadSettings::Jump(bad.to_string()))?;
        let pinned = jump
            .host_key
            .parse()
            .map_err(|bad: ssh::KeyError| BadSettings::Jump(bad.to_string()))?;
        let trust = Trust::Pinned(pinned);
        let target = Target::new(host, jump.user.clone(), Arc::clone(key), trust);
        Ok(Some(target.port(jump.port)))
    }
}

impl TlsChoice {
    fn to_tls(&self) -> Result<Tls, BadSettings> {
        Ok(match self {
            Self::Fingerprints(texts) => {
                let parsed: Result<_, _> = texts.iter().map(|text| text.parse()).collect();
                Tls::Fingerprints(parsed?)
            }
            Self::CaFile(path) => Tls::CaFile(path.clone()),
            Self::System => Tls::System,
            Self::AcceptAny => Tls::AcceptAny,
        })
    }
}
