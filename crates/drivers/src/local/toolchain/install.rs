//! A runtime that was found and really works.

use std::path::{Path, PathBuf};

use domain::plan::Runtime;
pub use domain::version::Release;
use serde::{Deserialize, Serialize};

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
