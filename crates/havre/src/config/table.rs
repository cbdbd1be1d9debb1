//! The list of settings. A new one is one line here and one field in [`super::Settings`].

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name in `[server]` of `havre.toml`, and in `havre config`.
    pub key: &'static str,
    /// Its environment variables, the first that is set counts. The later ones are the original's.
    pub env: &'static [&'static str],
}

const fn setting(key: &'static str, env: &'static [&'static str]) -> Setting {
    Setting { key, env }
}

/// The variable of the database.
pub const DATABASE_URL: &str = "DATABASE_URL";

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    setting("listen", &["HAVRE_LISTEN"]),
    setting("gateway", &["HAVRE_GATEWAY"]),
    setting("data_dir", &["HAVRE_DATA_DIR"]),
    setting("database_url", &[DATABASE_URL]),
    setting("driver", &["HAVRE_DRIVER"]),
    setting("base_domain", &["HAVRE_BASE_DOMAIN"]),
    setting("url", &["HAVRE_URL"]),
    setting("allow_local_git", &["HAVRE_ALLOW_LOCAL_GIT"]),
    setting("github_token", &["HAVRE_GITHUB_TOKEN", "GITHUB_TOKEN"]),
    setting("deploy_key_file", &["HAVRE_DEPLOY_KEY_FILE"]),
    setting("secret_key_file", &["HAVRE_SECRET_KEY_FILE"]),
    setting("log", &["HAVRE_LOG", "LOG_LEVEL"]),
    setting("deploys", &["HAVRE_DEPLOYS"]),
    setting("builds", &["HAVRE_BUILDS"]),
    setting("restarts", &["HAVRE_RESTARTS"]),
    setting("keep_releases", &["HAVRE_KEEP_RELEASES"]),
    setting("warm_seconds", &["HAVRE_WARM_SECONDS"]),
    setting("drain_seconds", &["HAVRE_DRAIN_SECONDS"]),
    setting("build_cores", &["HAVRE_BUILD_CORES"]),
    setting("build_memory", &["HAVRE_BUILD_MEMORY"]),
    setting("build_disk", &["HAVRE_BUILD_DISK"]),
    setting("fetch_seconds", &["HAVRE_FETCH_SECONDS"]),
    setting("build_seconds", &["HAVRE_BUILD_SECONDS"]),
    setting("release_seconds", &["HAVRE_RELEASE_SECONDS"]),
    setting("stop_seconds", &["HAVRE_STOP_SECONDS"]),
    setting("orphan_seconds", &["HAVRE_ORPHAN_SECONDS"]),
    setting("proxmox_url", &["PROXMOX_URL"]),
    setting("proxmox_token_id", &["PROXMOX_TOKEN_ID"]),
    setting("proxmox_token_secret", &["PROXMOX_TOKEN_SECRET"]),
    setting("proxmox_user", &["PROXMOX_USER"]),
    setting("proxmox_password", &["PROXMOX_PASSWORD"]),
    setting("proxmox_fingerprint", &["PROXMOX_FINGERPRINT"]),
    setting("proxmox_ca_file", &["PROXMOX_CA_FILE"]),
    setting("proxmox_insecure", &["PROXMOX_INSECURE"]),
    setting("proxmox_node", &["PROXMOX_NODE"]),
    setting("proxmox_storage", &["PROXMOX_STORAGE"]),
    setting("proxmox_bridge", &["PROXMOX_NETWORK_BRIDGE"]),
    setting("lxc_template", &["LXC_OS_TEMPLATE"]),
    setting("vm_template", &["VM_TEMPLATE"]),
    setting("ssh_jump_host", &["SSH_JUMP_HOST"]),
    setting("ssh_jump_user", &["SSH_JUMP_USER"]),
];

/// Variables of the original that mean nothing here (any more, or yet).
pub const IGNORED: &[&str] = &[
    "SECRET_KEY",
    "FLASK_DEBUG",
    "FLASK_ENV",
    "MAX_DEPLOYMENTS",
    "DEMO_MODE",
    "SSH_USER",
    "SSH_PASSWORD",
    "SSH_PUBLIC_KEY",
    "SSH_JUMP_PASSWORD",
    "TERRAFORM_DIR",
    "TERRAFORM_STATE_DIR",
    "DEFAULT_VM_MEMORY",
    "DEFAULT_VM_CORES",
    "DEFAULT_VM_DISK",
    "DEFAULT_LXC_MEMORY",
    "DEFAULT_LXC_CORES",
    "DEFAULT_LXC_DISK",
    "SQLALCHEMY_TRACK_MODIFICATIONS",
    "LOG_FILE",
    "SUBNET",
    "GATEWAY",
    "DNS_SERVERS",
    "REDIS_URL",
];
