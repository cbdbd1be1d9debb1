//! What a command inside a guest is given: its environment, and what of the host it sees.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::guest::{APP_DIR, Role};
use domain::ports::DriverError;

use super::config::LocalConfig;
use super::ids;
use super::layout::Layout;
use super::persist;
use super::spec::Made;
use super::tier::Place;
use super::toolchain::{PreparedBase, RegistrySettings};
use super::wire::{AppFolder, Bind, Command, Launch, Limits, TMP_DIR, Work};

/// Where a build's dependency cache is.
const CACHE_DIR: &str = "/cache";
/// Where the binary itself is, for the static server.
pub const SELF_PATH: &str = "/havre";

/// The caches of the tools that have one, below [`CACHE_DIR`].
const CACHES: [(&str, &str); 9] = [
    ("PIP_CACHE_DIR", "pip"),
    ("UV_CACHE_DIR", "uv"),
    ("POETRY_CACHE_DIR", "poetry"),
    ("PIPENV_CACHE_DIR", "pipenv"),
    ("npm_config_cache", "npm"),
    ("YARN_CACHE_FOLDER", "yarn"),
    ("COREPACK_HOME", "corepack"),
    // Where pnpm keeps its store, and many others what they can make again.
    ("XDG_DATA_HOME", "share"),
    ("XDG_CACHE_HOME", "xdg"),
];

/// What every command in a guest has, unless the app sets it.
pub(crate) const ALWAYS: [(&str, &str); 4] = [
    ("HOME", "/tmp/home"),
    ("LANG", "C.UTF-8"),
    ("USER", "app"),
    ("TMPDIR", TMP_DIR),
];

/// Makes tools quiet about what a build cannot change.
pub(crate) const QUIET: [(&str, &str); 4] = [
    // The cache is another mount: hard links cannot work.
    ("UV_LINK_MODE", "copy"),
    ("COREPACK_ENABLE_DOWNLOAD_PROMPT", "0"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("npm_config_update_notifier", "false"),
];

/// Everything that the launch of a guest is made from.
pub struct Surroundings<'a> {
    /// The settings.
    pub config: &'a LocalConfig,
    /// The folders.
    pub layout: &'a Layout,
    /// What the machine allows.
    pub place: &'a Place,
    /// The guest.
    pub made: &'a Made,
    /// Its base.
    pub base: &'a PreparedBase,
    /// The host's registry and CA settings, for a build.
    pub registries: Option<&'a RegistrySettings>,
}

/// What the engine wants to run.
pub struct Wanted<'a> {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The app's environment.
    pub env: &'a BTreeMap<String, String>,
    /// Folder relative to the app's.
    pub dir: &'a str,
    /// What the shim is for.
    pub work: Work,
}

impl Surroundings<'_> {
    /// The launch of a command or service.
    pub fn launch(&self, wanted: Wanted<'_>) -> Result<Launch, DriverError> {
        let spec = &self.made.spec;
        let dir = self.layout.guest(&spec.id);
        let inside = folder(wanted.dir)?;
        let floor = match spec.role {
            Role::Build => super::room::floor(self.config),
            Role::Serve => 0,
        };
        Ok(Launch {
            guest: spec.id.clone(),
            hostname: spec.label.as_str().to_owned(),
            ids: ids::of(self.config.uid_base, spec.slot),
            app: self.app()?,
            binds: self.binds()?,
            limits: self.limits(),
            cgroup: self.place.cgroup.clone(),
            network: true,
            cache: self.registries.map(|_| self.layout.cache(&spec.deployment)),
            floor,
            command: Command {
                env: self.env(&wanted, &inside),
                argv: wanted.argv,
                dir: inside,
            },
            work: wanted.work,
            dir: dir.0,
        })
    }

    fn app(&self) -> Result<AppFolder, DriverError> {
        let spec = &self.made.spec;
        let dir = self.layout.guest(&spec.id);
        match (&spec.artifact, self.made.overlay) {
            (Some(artifact), true) => Ok(AppFolder::Overlay {
                lower: self.layout.artifact(&spec.deployment, artifact),
                upper: dir.upper(),
                work: dir.work(),
            }),
            _ => Ok(AppFolder::Plain(dir.app())),
        }
    }

    fn limits(&self) -> Limits {
        let resources = &self.made.spec.resources;
        Limits {
            memory: u64::from(resources.memory) << 20,
            cores: resources.cores,
            pids: self.config.pids,
            disk: u64::from(resources.disk) << 30,
            background: self.made.spec.role == Role::Build,
        }
    }

    fn binds(&self) -> Result<Vec<Bind>, DriverError> {
        let spec = &self.made.spec;
        let read_only = |path: PathBuf| Bind {
            from: path.clone(),
            to: path,
            writable: false,
        };
        let mut binds: Vec<Bind> = self.base.binds.iter().cloned().map(read_only).collect();
        binds.push(Bind {
            from: self.config.exe.clone(),
            to: SELF_PATH.into(),
            writable: false,
        });
        if let Some(registries) = self.registries {
            binds.extend(registries.binds.iter().cloned().map(read_only));
            binds.push(Bind {
                from: self.layout.cache(&self.made.spec.deployment),
                to: CACHE_DIR.into(),
                writable: true,
            });
        }
        if spec.role == Role::Build {
            // On the disk: what a build unpacks there would eat its memory.
            binds.push(Bind {
                from: self.layout.guest(&spec.id).tmp(),
                to: TMP_DIR.into(),
                writable: true,
            });
        }
        binds.extend(persist::binds(self.layout, &self.made.spec)?);
        // What is gone from the host cannot be bound; what it held is missed by whoever needs it, in its own words.
        binds.retain(|bind| bind.from.exists());
        Ok(binds)
    }

    /// The app's own values win, but for the path: it names what only the driver knows.
    fn env(&self, wanted: &Wanted<'_>, inside: &Path) -> Vec<(String, String)> {
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        let mut set = |name: &str, value: String| drop(env.insert(name.to_owned(), value));
        ALWAYS
            .iter()
            .for_each(|(name, value)| set(name, (*value).to_owned()));
        self.base
            .env
            .iter()
            .for_each(|(name, value)| set(name, value.clone()));
        if let Some(registries) = self.registries {
            for (name, folder) in CACHES {
                set(name, format!("{CACHE_DIR}/{folder}"));
            }
            QUIET
                .iter()
                .for_each(|(name, value)| set(name, (*value).to_owned()));
            registries
                .env
                .iter()
                .for_each(|(name, value)| set(name, value.clone()));
        }
        wanted
            .env
            .iter()
            .for_each(|(name, value)| set(name, value.clone()));
        set("PATH", search_path(inside, &self.base.path));
        env.into_iter().collect()
    }
}

/// Where programs are looked for from a folder inside: the app's own, those of the base, the system's.
pub(crate) fn search_path(inside: &Path, base: &[PathBuf]) -> String {
    let app = Path::new(APP_DIR);
    let mut folders = Vec::new();
    for top in [inside, app] {
        folders.extend([top.join(".venv/bin"), top.join("node_modules/.bin")]);
    }
    folders.extend(base.iter().cloned());
    folders.extend(["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from));
    let mut seen = std::collections::BTreeSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    let texts: Vec<_> = folders
        .iter()
        .map(|folder| folder.to_string_lossy())
        .collect();
    texts.join(":")
}

/// A folder below the app's.
pub(crate) fn folder(relative: &str) -> Result<PathBuf, DriverError> {
    let mut path = PathBuf::from(APP_DIR);
    for part in Path::new(relative).components() {
        match part {
            std::path::Component::Normal(name) => path.push(name),
            std::path::Component::CurDir => {}
            _ => {
                return Err(DriverError::other(
                    format!("run in the folder `{relative}`"),
                    "it must be a plain path below the app's folder",
                ));
            }
        }
    }
    Ok(path)
}
