//! `package.json`, read tolerantly, with what lies beside it.

use std::collections::{BTreeMap, BTreeSet};

use domain::plan::{Runtime, RuntimeNeed, VersionWish};
use serde_json::{Map, Value};

use super::manager::{self, Manager};
use super::version;
use crate::text;
use crate::view::View;

/// What a Node package says.
pub(crate) struct Package {
    /// `scripts`.
    pub(crate) scripts: BTreeMap<String, String>,
    /// `main`, a file that is there.
    pub(crate) main: Option<String>,
    /// The names of `dependencies`.
    pub(crate) dependencies: BTreeSet<String>,
    /// The names of `devDependencies`.
    pub(crate) dev: BTreeSet<String>,
    /// How its dependencies are installed.
    pub(crate) manager: Manager,
    /// The version of Node.js asked for.
    pub(crate) version: Option<VersionWish>,
    /// What was odd.
    pub(crate) warnings: Vec<String>,
}

impl Package {
    /// Reads `package.json`; none when there is none. One that cannot be read is empty, with a warning.
    pub(crate) fn read(view: &View<'_>) -> Option<Self> {
        let content = view.read("package.json")?;
        let mut warnings = Vec::new();
        let json: Map<String, Value> = serde_json::from_str(&content).unwrap_or_else(|error| {
            warnings.push(text::unreadable_json("package.json", &error));
            Map::new()
        });
        let main = json.get("main").and_then(Value::as_str);
        let main = main.and_then(crate::index::clean_path);
        Some(Self {
            scripts: strings(json.get("scripts")),
            main: main.filter(|path| view.has(path)),
            dependencies: keys(json.get("dependencies")),
            dev: keys(json.get("devDependencies")),
            manager: manager::find(view, &json, &mut warnings),
            version: version::wish(view, &json, &mut warnings),
            warnings,
        })
    }

    /// A script that says something.
    pub(crate) fn script(&self, name: &str) -> Option<&str> {
        let line = self.scripts.get(name)?.trim();
        (!line.is_empty()).then_some(line)
    }

    /// True when a package is asked for, be it only for development.
    pub(crate) fn asks(&self, name: &str) -> bool {
        self.dependencies.contains(name) || self.dev.contains(name)
    }

    /// Node.js as a need of the plan; with a warning, the app runs without it too.
    pub(crate) fn need(&self, optional: Option<String>) -> RuntimeNeed {
        RuntimeNeed {
            runtime: Runtime::Node,
            version: self.version.clone(),
            optional,
        }
    }
}

fn strings(value: Option<&Value>) -> BTreeMap<String, String> {
    let pairs = value.and_then(Value::as_object).into_iter().flatten();
    pairs
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .take(500)
        .collect()
}

fn keys(value: Option<&Value>) -> BTreeSet<String> {
    let pairs = value.and_then(Value::as_object).into_iter().flatten();
    pairs.map(|(key, _)| key.clone()).take(2000).collect()
}
