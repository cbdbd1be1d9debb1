//! The environment that Havre was started in, as a value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The captured environment of the host: read once by the binary, so that nothing here reads it behind one's back.
#[derive(Clone, Default)]
pub struct HostEnv {
    vars: BTreeMap<String, String>,
    system: Vec<PathBuf>,
    etc: PathBuf,
}

impl HostEnv {
    /// The environment with these variables, on this machine.
    pub fn new(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            vars: vars.into_iter().collect(),
            system: vec!["/usr/local/bin".into(), "/usr/bin".into()],
            etc: "/etc".into(),
        }
    }

    /// As [`Self::new`], with other folders in the place of `/usr/local/bin`, `/usr/bin` and of `/etc`.
    pub fn with_system(mut self, system: Vec<PathBuf>, etc: PathBuf) -> Self {
        self.system = system;
        self.etc = etc;
        self
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// All variables.
    pub fn vars(&self) -> impl Iterator<Item = (&str, &str)> {
        self.vars
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The user's home.
    pub fn home(&self) -> Option<PathBuf> {
        self.folder("HOME")
    }

    /// The absolute folder that a variable names.
    pub fn folder(&self, name: &str) -> Option<PathBuf> {
        self.get(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }

    /// A folder below the home.
    pub fn in_home(&self, below: &str) -> Option<PathBuf> {
        self.home().map(|home| home.join(below))
    }

    /// The absolute folders of `PATH`, in order.
    pub fn path(&self) -> Vec<PathBuf> {
        let path = self.get("PATH").unwrap_or_default();
        std::env::split_paths(path)
            .filter(|folder| folder.is_absolute())
            .collect()
    }

    /// Where the system keeps programs.
    pub fn system(&self) -> &[PathBuf] {
        &self.system
    }

    /// Where the system keeps settings.
    pub fn etc(&self) -> &Path {
        &self.etc
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for HostEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.vars.keys()).finish()
    }
}
