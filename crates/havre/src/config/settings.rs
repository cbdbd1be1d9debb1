//! The settings as values.

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::DriverKind;
use domain::limits::{BuildLimits, EngineLimits};
use secrecy::{ExposeSecret, SecretString};
use store::{BadTarget, DatabaseTarget};

use super::{Layers, ProxmoxGiven, World, parse};
use crate::cli::ServeArgs;
use crate::exit::{Exit, Fault};
use crate::text;

/// Which `file://` repositories are admitted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LocalGit {
    /// None.
    #[default]
    None,
    /// Any.
    Any,
    /// Those below these folders.
    Below(Vec<PathBuf>),
}

/// What the server is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Where the apps answer.
    pub gateway: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The database; none: `DATA_DIR/deployments.db`. May hold a password.
    pub database_url: Option<SecretString>,
    /// Where that came from, in words.
    pub database_origin: String,
    /// Where new deployments go; none: to the cluster that the set-up stored, else to this machine.
    pub driver: Option<DriverKind>,
    /// What is said of the cluster outside the set-up.
    pub proxmox: ProxmoxGiven,
    /// Apps answer at `NAME.BASE_DOMAIN`.
    pub base_domain: String,
    /// The server, for the command line.
    pub url: String,
    /// Which `file://` repositories are admitted.
    pub local_git: LocalGit,
    /// For private repositories on GitHub.
    pub github_token: Option<SecretString>,
    /// For private repositories over SSH.
    pub deploy_key_file: Option<PathBuf>,
    /// The key that encrypts secrets; none: `DATA_DIR/secret.key`.
    pub secret_key_file: Option<PathBuf>,
    /// What is logged.
    pub log: String,
    /// Bounds of the engine.
    pub limits: EngineLimits,
}

/// The flags of `serve` as a layer.
pub fn flags(args: &ServeArgs) -> Vec<(&'static str, Option<String>)> {
    vec![
        ("listen", args.listen.clone()),
        ("gateway", args.gateway.clone()),
        ("data_dir", args.data_dir.clone()),
    ]
}

impl Settings {
    /// Parses what the layers hold.
    pub fn from_layers(layers: &Layers, world: &World) -> Result<Self, Fault> {
        let read = Reader { layers };
        let listen = read.or(
            "listen",
            parse::address,
            SocketAddr::from(([127, 0, 0, 1], 5000)),
        )?;
        Ok(Self {
            listen,
            gateway: read.or(
                "gateway",
                parse::address,
                SocketAddr::from(([127, 0, 0, 1], 8080)),
            )?,
            data_dir: match read.maybe("data_dir", parse::path)? {
                Some(dir) => dir,
                None => default_data_dir(world)?,
            },
            database_url: layers.get("database_url").map(SecretString::from),
            database_origin: layers.origin("database_url"),
            driver: read.maybe("driver", str::parse)?,
            proxmox: ProxmoxGiven::read(&read)?,
            base_domain: read.or("base_domain", parse::domain, "localhost".to_owned())?,
            url: layers
                .get("url")
                .unwrap_or_else(|| format!("http://{listen}")),
            local_git: read.or("allow_local_git", parse::local_git, LocalGit::None)?,
            github_token: layers.get("github_token").map(SecretString::from),
            deploy_key_file: read.maybe("deploy_key_file", parse::path)?,
            secret_key_file: read.maybe("secret_key_file", parse::path)?,
            log: layers.get("log").unwrap_or_else(|| "info".to_owned()),
            limits: limits(&read)?,
        })
    }

    /// The database; none named: `DATA_DIR/deployments.db`. The error says where the bad setting came from, never what it is.
    pub fn database(&self) -> Result<DatabaseTarget, Fault> {
        let Some(url) = &self.database_url else {
            let file = self.data_dir.join("deployments.db");
            return Ok(DatabaseTarget::Sqlite(file));
        };
        url.expose_secret().parse().map_err(|error: BadTarget| {
            let what = text::bad_database_url(&self.database_origin);
            Fault::new(Exit::BadInput, what).why(error.to_string())
        })
    }

    /// The settings with their defaults and sources, as text, in the order of the table.
    pub fn shown(&self, key: &str) -> String {
        let limits = &self.limits;
        let path = |path: &Option<PathBuf>| match path {
            Some(path) => path.display().to_string(),
            None => text::UNSET.to_owned(),
        };
        let secret = |value: &Option<SecretString>| match value {
            Some(_) => text::MASK.to_owned(),
            None => text::UNSET.to_owned(),
        };
        match key {
            "listen" => self.listen.to_string(),
            "gateway" => self.gateway.to_string(),
            "data_dir" => self.data_dir.display().to_string(),
            "database_url" => match self.database() {
                Ok(target) => target.to_string(),
                Err(_) => text::BAD_DATABASE_URL.to_owned(),
            },
            "driver" => match self.driver {
                Some(driver) => driver.to_string(),
                None => text::DRIVER_BY_SETUP.to_owned(),
            },
            "base_domain" => self.base_domain.clone(),
            "url" => self.url.clone(),
            "allow_local_git" => text::local_git(&self.local_git),
            "github_token" => secret(&self.github_token),
            "deploy_key_file" => path(&self.deploy_key_file),
            "secret_key_file" => match &self.secret_key_file {
                Some(file) => file.display().to_string(),
                None => self.data_dir.join("secret.key").display().to_string(),
            },
            "log" => self.log.clone(),
            "deploys" => limits.deploys.to_string(),
            "builds" => limits.builds.to_string(),
            "restarts" => limits.restarts.to_string(),
            "keep_releases" => limits.keep_releases.to_string(),
            "warm_seconds" => limits.warm.as_secs().to_string(),
            "drain_seconds" => limits.drain.as_secs().to_string(),
            "build_cores" => limits.build.cores.to_string(),
            "build_memory" => limits.build.memory.to_string(),
            "build_disk" => limits.build.disk.to_string(),
            "fetch_seconds" => limits.fetch_timeout.as_secs().to_string(),
            "build_seconds" => limits.build_timeout.as_secs().to_string(),
            "release_seconds" => limits.release_timeout.as_secs().to_string(),
            "stop_seconds" => limits.stop_grace.as_secs().to_string(),
            "orphan_seconds" => limits.orphan_grace.as_secs().to_string(),
            other => self.proxmox.shown(other),
        }
    }
}

fn limits(read: &Reader<'_>) -> Result<EngineLimits, Fault> {
    let default = EngineLimits::default();
    Ok(EngineLimits {
        deploys: read.or("deploys", parse::count, default.deploys)?,
        builds: read.or("builds", parse::count, default.builds)?,
        restarts: read.or("restarts", parse::count, default.restarts)?,
        keep_releases: read.or("keep_releases", parse::count, default.keep_releases)?,
        warm: read.or("warm_seconds", parse::seconds, default.warm)?,
        drain: read.or("drain_seconds", parse::seconds, default.drain)?,
        build: BuildLimits {
            cores: read.or("build_cores", parse::amount, default.build.cores)?,
            memory: read.or("build_memory", parse::amount, default.build.memory)?,
            disk: read.or("build_disk", parse::amount, default.build.disk)?,
        },
        fetch_timeout: read.or("fetch_seconds", parse::seconds, default.fetch_timeout)?,
        build_timeout: read.or("build_seconds", parse::seconds, default.build_timeout)?,
        release_timeout: read.or("release_seconds", parse::seconds, default.release_timeout)?,
        stop_grace: read.or("stop_seconds", parse::seconds, default.stop_grace)?,
        orphan_grace: read.or("orphan_seconds", parse::seconds, default.orphan_grace)?,
        look: default.look,
        lease: default.lease,
        presence: default.presence,
    })
}

pub(super) struct Reader<'a> {
    pub(super) layers: &'a Layers,
}

impl Reader<'_> {
    pub(super) fn maybe<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Fault> {
        let Some(value) = self.layers.get(key) else {
            return Ok(None);
        };
        parse(&value).map(Some).map_err(|why| {
            let what = text::bad_setting(key, &value, &self.layers.origin(key));
            Fault::new(Exit::BadInput, what).why(why)
        })
    }

    pub(super) fn or<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
        default: T,
    ) -> Result<T, Fault> {
        Ok(self.maybe(key, parse)?.unwrap_or(default))
    }
}

fn default_data_dir(world: &World) -> Result<PathBuf, Fault> {
    let absolute = |name: &str| {
        let path = world.env.get(name).map(PathBuf::from)?;
        path.is_absolute().then_some(path)
    };
    if world.is_root {
        return Ok(PathBuf::from("/var/lib/havre"));
    }
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("havre"))
        .ok_or_else(|| Fault::new(Exit::BadInput, text::NO_DATA_DIR).cure(text::NO_DATA_DIR_CURE))
}
