//! What is said of the Proxmox VE cluster in settings. Only the set-up reads it, before what an earlier one stored; the
//! server uses what is stored.

use std::path::PathBuf;

use domain::NodeName;
use secrecy::SecretString;

use super::parse;
use super::settings::Reader;
use crate::exit::Fault;
use crate::text;

/// Settings of the cluster that were given. The names are the original's where it had them.
#[derive(Debug, Clone, Default)]
pub struct ProxmoxGiven {
    /// `PROXMOX_URL`.
    pub url: Option<String>,
    /// `PROXMOX_TOKEN_ID`: `user@realm!name`.
    pub token_id: Option<String>,
    /// `PROXMOX_TOKEN_SECRET`.
    pub token_secret: Option<SecretString>,
    /// `PROXMOX_USER`: only where there is no token.
    pub user: Option<String>,
    /// `PROXMOX_PASSWORD`.
    pub password: Option<SecretString>,
    /// `PROXMOX_FINGERPRINT`: SHA-256 of the certificate.
    pub fingerprint: Option<String>,
    /// `PROXMOX_CA_FILE`.
    pub ca_file: Option<PathBuf>,
    /// `PROXMOX_INSECURE`: any certificate is accepted.
    pub insecure: bool,
    /// `PROXMOX_NODE`.
    pub node: Option<NodeName>,
    /// `PROXMOX_STORAGE`.
    pub storage: Option<String>,
    /// `PROXMOX_NETWORK_BRIDGE`.
    pub bridge: Option<String>,
    /// `LXC_OS_TEMPLATE`.
    pub lxc_template: Option<String>,
    /// `VM_TEMPLATE`.
    pub vm_template: Option<String>,
    /// `SSH_JUMP_HOST`.
    pub jump_host: Option<String>,
    /// `SSH_JUMP_USER`.
    pub jump_user: Option<String>,
}

impl ProxmoxGiven {
    pub(super) fn read(read: &Reader<'_>) -> Result<Self, Fault> {
        let given = |key: &str| read.layers.get(key);
        Ok(Self {
            url: given("proxmox_url"),
            token_id: given("proxmox_token_id"),
            token_secret: given("proxmox_token_secret").map(SecretString::from),
            user: given("proxmox_user"),
            password: given("proxmox_password").map(SecretString::from),
            fingerprint: given("proxmox_fingerprint"),
            ca_file: read.maybe("proxmox_ca_file", parse::path)?,
            insecure: read.or("proxmox_insecure", parse::flag, false)?,
            node: read.maybe("proxmox_node", |text| {
                text.parse::<NodeName>().map_err(|bad| bad.to_string())
            })?,
            storage: given("proxmox_storage"),
            bridge: given("proxmox_bridge"),
            lxc_template: given("lxc_template"),
            vm_template: given("vm_template"),
            jump_host: given("ssh_jump_host"),
            jump_user: given("ssh_jump_user"),
        })
    }

    /// One of them as text; secrets as marks.
    pub(super) fn shown(&self, key: &str) -> String {
        let text = |value: &Option<String>| value.clone();
        let secret = |value: &Option<SecretString>| value.as_ref().map(|_| text::MASK.to_owned());
        let shown = match key {
            "proxmox_url" => text(&self.url),
            "proxmox_token_id" => text(&self.token_id),
            "proxmox_token_secret" => secret(&self.token_secret),
            "proxmox_user" => text(&self.user),
            "proxmox_password" => secret(&self.password),
            "proxmox_fingerprint" => text(&self.fingerprint),
            "proxmox_ca_file" => self.ca_file.as_ref().map(|file| file.display().to_string()),
            "proxmox_insecure" => Some(self.insecure.to_string()),
            "proxmox_node" => self.node.as_ref().map(ToString::to_string),
            "proxmox_storage" => text(&self.storage),
            "proxmox_bridge" => text(&self.bridge),
            "lxc_template" => text(&self.lxc_template),
            "vm_template" => text(&self.vm_template),
            "ssh_jump_host" => text(&self.jump_host),
            "ssh_jump_user" => text(&self.jump_user),
            _ => Some(String::new()),
        };
        shown.unwrap_or_else(|| text::UNSET.to_owned())
    }
}
