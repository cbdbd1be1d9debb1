//! What a Python app asks for, from whichever file its people use.

use std::collections::BTreeMap;

use super::{pipfile, pyproject, requirements};
use crate::view::View;

/// How the dependencies are installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manager {
    /// `uv.lock`.
    Uv,
    /// `poetry.lock`.
    Poetry,
    /// `Pipfile.lock`.
    Pipenv,
    /// A requirements file.
    Requirements {
        /// Its path.
        path: String,
        /// It pins hashes: pip then takes nothing beside it that has none.
        hashed: bool,
    },
    /// Requirements read from a file without a lock: pip gets them as arguments.
    Listed {
        /// The file.
        file: &'static str,
        /// PEP 508 requirements, checked.
        list: Vec<String>,
    },
    /// The app is a package whose dependencies only its build tells: `setup.py`, dynamic metadata.
    Package(&'static str),
    /// Nothing says what the app needs.
    Nothing,
}

/// The dependencies of a Python app.
#[derive(Debug, Clone)]
pub(crate) struct Deps {
    /// How to install them.
    pub(crate) manager: Manager,
    /// Normalised name (PEP 503) to the file that asks for it.
    pub(crate) names: BTreeMap<String, String>,
    /// What was odd.
    pub(crate) warnings: Vec<String>,
}

impl Deps {
    /// The file that asks for a package.
    pub(crate) fn asked_by(&self, name: &str) -> Option<&str> {
        self.names.get(name).map(String::as_str)
    }

    /// True when one of the packages is asked for.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.names.contains_key(*name))
    }

    /// The file that dependencies come from, for people.
    pub(crate) fn file(&self) -> Option<&str> {
        match &self.manager {
            Manager::Uv => Some("uv.lock"),
            Manager::Poetry => Some("poetry.lock"),
            Manager::Pipenv => Some("Pipfile.lock"),
            Manager::Requirements { path, .. } => Some(path),
            Manager::Listed { file, .. } | Manager::Package(file) => Some(file),
            Manager::Nothing => None,
        }
    }

    /// Notes that a file asks for packages; the first file that does is kept.
    pub(crate) fn add(&mut self, names: impl IntoIterator<Item = String>, file: &str) {
        for name in names {
            self.names.entry(name).or_insert_with(|| file.to_owned());
        }
    }
}

/// The name as PEP 503 compares it: lower case, runs of `-_.` are one `-`.
pub(crate) fn normalise(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.push(c.to_ascii_lowercase());
        }
    }
    out
}

const REQUIREMENTS: [&str; 8] = [
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
    "requirements/requirements.txt",
    "requirements-prod.txt",
    "requirements/main.txt",
    "requirements/common.txt",
];

/// Reads the dependencies. A lock file wins over what it was made from; requirements.txt over an unlocked project file.
pub(crate) fn read(view: &View<'_>) -> Deps {
    let mut deps = Deps {
        manager: Manager::Nothing,
        names: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let project = pyproject::read(view, &mut deps.warnings);
    if let Some(project) = &project {
        deps.add(project.names(), "pyproject.toml");
    }
    let pipfile = pipfile::read(view, &mut deps.warnings);
    if let Some(pipfile) = &pipfile {
        deps.add(pipfile.names.iter().cloned(), "Pipfile");
    }
    deps.manager = if view.has("uv.lock") && project.is_some() {
        Manager::Uv
    } else if view.has("poetry.lock") && project.is_some() {
        Manager::Poetry
    } else if view.has("Pipfile.lock") && pipfile.is_some() {
        Manager::Pipenv
    } else if let Some(path) = view.first_of(&REQUIREMENTS) {
        let found = requirements::read(view, path);
        deps.warnings.extend(found.warnings);
        for (name, file) in found.names {
            deps.names.insert(name, file);
        }
        Manager::Requirements {
            path: path.to_owned(),
            hashed: found.hashed,
        }
    } else if let Some(project) = project.filter(|project| project.says_dependencies()) {
        project.manager()
    } else if let Some(pipfile) = pipfile {
        Manager::Listed {
            file: "Pipfile",
            list: pipfile.list,
        }
    } else if view.has("setup.py") {
        Manager::Package("setup.py")
    } else {
        Manager::Nothing
    };
    deps
}
