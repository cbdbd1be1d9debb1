//! Everything that is read of a Python app, once.

use std::collections::BTreeMap;

use domain::plan::{Runtime, RuntimeNeed, VersionWish};

use super::deps::{self, Deps, Manager};
use super::modules::{self, Entry, PyFile};
use super::source::Class;
use super::{secrets, version};
use crate::view::View;

/// What the Python part of a folder says.
pub(crate) struct Python {
    /// Its dependencies.
    pub(crate) deps: Deps,
    /// Its files.
    pub(crate) files: Vec<PyFile>,
    /// Environment names that are read, to the file that reads them.
    pub(crate) env_read: BTreeMap<String, String>,
    /// The version asked for.
    pub(crate) version: Option<VersionWish>,
    /// The file and the URL of a SQLite database that the source names.
    pub(crate) sqlite: Option<(String, String)>,
    /// What was odd.
    pub(crate) warnings: Vec<String>,
}

impl Python {
    /// Reads a folder.
    pub(crate) fn read(view: &View<'_>) -> Self {
        let mut deps = deps::read(view);
        let mut warnings = std::mem::take(&mut deps.warnings);
        let files = modules::read_all(view);
        let mut env_read = BTreeMap::new();
        let mut sqlite = None;
        for file in &files {
            let source = view.read(&file.path).unwrap_or_default();
            for name in secrets::names_read(&source) {
                env_read.entry(name).or_insert_with(|| file.path.clone());
            }
            sqlite = sqlite.or_else(|| sqlite_url(&source).map(|url| (file.path.clone(), url)));
        }
        let version = version::wish(view, &mut warnings);
        warnings.sort();
        warnings.dedup();
        Self {
            deps,
            files,
            env_read,
            version,
            sqlite,
            warnings,
        }
    }

    /// True when anything Python is there at all.
    pub(crate) fn is_there(&self) -> bool {
        !self.files.is_empty() || self.deps.manager != Manager::Nothing
    }

    /// The applications of a class, the one to serve first.
    pub(crate) fn entries(&self, class: Class) -> Vec<Entry<'_>> {
        modules::entries(&self.files, class)
    }

    /// The first file that imports a module.
    pub(crate) fn importer(&self, module: &str) -> Option<&PyFile> {
        let imports = |name: &String| {
            name == module
                || name
                    .strip_prefix(module)
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        self.files
            .iter()
            .find(|file| file.read.imports.iter().any(imports))
    }

    /// The runtime as a need of the plan.
    pub(crate) fn need(&self) -> RuntimeNeed {
        RuntimeNeed {
            runtime: Runtime::Python,
            version: self.version.clone(),
            optional: None,
        }
    }
}

/// A `sqlite:///` URL of a file that is named relatively, so that it lies in the app's folder.
fn sqlite_url(source: &str) -> Option<String> {
    let line = source
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .find(|line| line.contains("sqlite:///"))?;
    let start = line.find("sqlite:///")?;
    let url: String = line[start..]
        .chars()
        .take_while(|c| !matches!(c, '"' | '\'' | ' ' | '{'))
        .take(200)
        .collect();
    let file = url.strip_prefix("sqlite:///")?;
    (!file.is_empty() && !file.starts_with('/') && file != ":memory:").then_some(url)
}
