//! A runtime that was found and really works.

use std::fmt;
use std::path::{Path, PathBuf};

use domain::plan::Runtime;
use serde::{Deserialize, Serialize};

/// The number of a release: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Release(pub u64, pub u64, pub u64);

impl Release {
    /// Reads `20.11.1`; what follows a `-` is left out.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text
            .split('-')
            .next()?
            .split('.')
            .map(|part| part.parse().ok());
        let release = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(release)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A runtime of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// Python or Node.
    pub runtime: Runtime,
    /// Its version.
    pub release: Release,
    /// The interpreter itself, links resolved.
    pub exe: PathBuf,
    /// Its folder, links resolved: all that it needs lies below it or below `/usr`.
    pub prefix: PathBuf,
    /// Programs that go with it by the names they have in a guest (`npm`), links resolved.
    pub tools: Vec<(String, PathBuf)>,
    /// Folders outside the prefix that the tools need.
    pub extra: Vec<PathBuf>,
    /// What it lacks to be of use, such as `venv`; none: it is complete.
    pub lacks: Option<String>,
}

impl Installed {
    /// The version for people: `python 3.11.7`.
    pub fn title(&self) -> String {
        format!("{} {}", self.runtime, self.release)
    }

    /// The folders to show in a guest; what lies below `/usr` is there anyway.
    pub fn binds(&self) -> Vec<PathBuf> {
        let mut binds = vec![self.prefix.clone()];
        binds.extend(self.extra.clone());
        binds.retain(|bind| !bind.starts_with("/usr"));
        binds.dedup();
        binds
    }

    /// True while the interpreter is where it was.
    pub fn is_there(&self) -> bool {
        is_program(&self.exe)
    }
}

/// True for an executable file, links followed.
pub(super) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
