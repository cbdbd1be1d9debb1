//! `havre.toml` of a repository: what its people say wins over what is detected.

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::EnvName;
use domain::plan::{HealthCheck, NotYet};
use serde::Deserialize;
use toml::Value;

use crate::index::clean_path;
use crate::text;

/// The file's name.
pub(crate) const FILE: &str = "havre.toml";
const MAX_PATHS: usize = 50;
/// An app that takes longer to answer than this is not going to.
const MAX_WITHIN: u32 = 3600;

type Unknown = BTreeMap<String, Value>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    app: AppTable,
    build: BuildTable,
    release: LineTable,
    start: LineTable,
    health: HealthTable,
    env: BTreeMap<String, Value>,
    persist: PersistTable,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AppTable {
    framework: Option<String>,
    root: Option<String>,
    port: Option<u16>,
    python: Option<String>,
    node: Option<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BuildTable {
    install: Option<Lines>,
    build: Option<Lines>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a line or a list of lines")]
enum Lines {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LineTable {
    command: Option<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HealthTable {
    path: Option<String>,
    below: Option<u16>,
    within_seconds: Option<u32>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PersistTable {
    paths: Vec<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// What `havre.toml` says, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Config {
    /// `[app] framework`.
    pub(crate) framework: Option<String>,
    /// `[app] root`, clean; the top is `""`.
    pub(crate) root: Option<String>,
    /// `[app] port`.
    pub(crate) port: Option<u16>,
    /// `[app] python`, normalised.
    pub(crate) python: Option<String>,
    /// `[app] node`, normalised.
    pub(crate) node: Option<String>,
    /// `[build] install`: replaces the detected commands.
    pub(crate) install: Option<Vec<String>>,
    /// `[build] build`: replaces the detected commands.
    pub(crate) build: Option<Vec<String>>,
    /// `[release] command`; empty for none.
    pub(crate) release: Option<String>,
    /// `[start] command`.
    pub(crate) start: Option<String>,
    /// `[health] path`.
    pub(crate) health_path: Option<String>,
    /// `[health] below`.
    pub(crate) health_below: Option<u16>,
    /// `[health] within_seconds`.
    pub(crate) health_within: Option<u32>,
    /// `[env]`.
    pub(crate) env: BTreeMap<String, String>,
    /// `[persist] paths`, clean and relative.
    pub(crate) persist: Vec<String>,
    /// Keys that mean nothing here.
    pub(crate) warnings: Vec<String>,
}

impl Config {
    /// Reads the text of the file. What cannot be read or is not allowed is an error with its place and the cure:
    /// going on without what the people said would do something they did not ask for.
    pub(crate) fn parse(content: &str) -> Result<Self, NotYet> {
        let file: File = toml::from_str(content)
            .map_err(|error| text::bad_config(&text::toml_error(content, &error)))?;
        Self::checked(file).map_err(|what| text::bad_config(&what))
    }

    fn checked(file: File) -> Result<Self, String> {
        let warnings = unknown_keys(&file);
        Ok(Self {
            framework: file.app.framework,
            root: file
                .app
                .root
                .map(|root| path("app.root", &root))
                .transpose()?,
            port: port(file.app.port)?,
            python: version(
                "app.python",
                file.app.python,
                crate::python::version::normalise,
            )?,
            node: version("app.node", file.app.node, crate::node::version::checked)?,
            install: lines("build.install", file.build.install)?,
            build: lines("build.build", file.build.build)?,
            release: line("release.command", file.release.command)?,
            start: line("start.command", file.start.command)?.filter(|line| !line.is_empty()),
            health_path: health_path(file.health.path)?,
            health_below: within("health.below", file.health.below, 200, 600)?,
            health_within: within(
                "health.within_seconds",
                file.health.within_seconds,
                1,
                MAX_WITHIN,
            )?,
            env: env(file.env)?,
            persist: persist(file.persist.paths)?,
            warnings,
        })
    }

    /// The health check with what the file says.
    pub(crate) fn health(&self, detected: HealthCheck) -> HealthCheck {
        HealthCheck {
            path: self.health_path.clone().unwrap_or(detected.path),
            below: self.health_below.unwrap_or(detected.below),
            within_seconds: self.health_within.unwrap_or(detected.within_seconds),
        }
    }
}

fn unknown_keys(file: &File) -> Vec<String> {
    let tables: [(&str, &Unknown); 7] = [
        ("", &file.unknown),
        ("app.", &file.app.unknown),
        ("build.", &file.build.unknown),
        ("release.", &file.release.unknown),
        ("start.", &file.start.unknown),
        ("health.", &file.health.unknown),
        ("persist.", &file.persist.unknown),
    ];
    let keys: Vec<String> = tables
        .iter()
        .flat_map(|(table, unknown)| unknown.keys().map(move |key| format!("{table}{key}")))
        .collect();
    if keys.is_empty() {
        Vec::new()
    } else {
        vec![text::unknown_keys(&keys)]
    }
}

fn path(key: &str, value: &str) -> Result<String, String> {
    clean_path(value).ok_or_else(|| text::bad_path(key, value))
}

fn port(value: Option<u16>) -> Result<Option<u16>, String> {
    if value == Some(0) {
        return Err(text::out_of_range("app.port", 1, 65535));
    }
    Ok(value)
}

fn version(
    key: &str,
    value: Option<String>,
    read: fn(&str) -> Option<String>,
) -> Result<Option<String>, String> {
    let Some(value) = value else { return Ok(None) };
    read(&value)
        .map(Some)
        .ok_or_else(|| text::bad_version(key, &value))
}

fn line(key: &str, value: Option<String>) -> Result<Option<String>, String> {
    match value {
        Some(line) if line.contains('\0') => Err(text::bad_line(key)),
        other => Ok(other.map(|line| line.trim().to_owned())),
    }
}

fn lines(key: &str, value: Option<Lines>) -> Result<Option<Vec<String>>, String> {
    let all = match value {
        None => return Ok(None),
        Some(Lines::One(line)) => vec![line],
        Some(Lines::Many(lines)) => lines,
    };
    let checked: Result<Vec<Option<String>>, String> =
        all.into_iter().map(|one| line(key, Some(one))).collect();
    Ok(Some(
        checked?
            .into_iter()
            .flatten()
            .filter(|line| !line.is_empty())
            .collect(),
    ))
}

fn health_path(value: Option<String>) -> Result<Option<String>, String> {
    match value {
        Some(path)
            if !path.starts_with('/')
                || path.chars().any(|c| c.is_control() || c.is_whitespace()) =>
        {
            Err(text::bad_health_path(&path))
        }
        other => Ok(other),
    }
}

fn within<N: PartialOrd + Copy + Into<u64>>(
    key: &str,
    value: Option<N>,
    low: N,
    high: N,
) -> Result<Option<N>, String> {
    match value {
        Some(number) if number < low || number > high => {
            Err(text::out_of_range(key, low.into(), high.into()))
        }
        other => Ok(other),
    }
}

fn env(table: BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, String> {
    let mut out = BTreeMap::new();
    for (name, value) in table {
        let name = EnvName::from_str(&name).map_err(|error| format!("[env]: {error}"))?;
        let value = match value {
            Value::String(text) if !text.contains('\0') => text,
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(truth) => truth.to_string(),
            _ => return Err(text::bad_env_value(name.as_str())),
        };
        out.insert(name.as_str().to_owned(), value);
    }
    Ok(out)
}

/// Folders inside the app's, and none that the build makes.
fn persist(paths: Vec<String>) -> Result<Vec<String>, String> {
    if paths.len() > MAX_PATHS {
        return Err(text::too_many_paths(MAX_PATHS));
    }
    let mut out: Vec<String> = Vec::new();
    for given in paths {
        let clean = path("persist.paths", &given)?;
        let built = [".venv", "node_modules", ".git"]
            .contains(&clean.split('/').next().unwrap_or_default());
        if clean.is_empty() || built {
            return Err(text::bad_persist(&given));
        }
        if !out.contains(&clean) {
            out.push(clean);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("[app]\nport = 99999\n", "line 2")]
    #[case("[app]\nframework = 3\n", "line 2")]
    #[case("[app\n", "line 1")]
    #[case("[app]\nroot = \"../x\"\n", "app.root")]
    #[case("[app]\nport = 0\n", "app.port")]
    #[case("[app]\npython = \"$(id)\"\n", "app.python")]
    #[case("[persist]\npaths = [\"/etc\"]\n", "persist.paths")]
    #[case("[persist]\npaths = [\"a/../..\"]\n", "persist.paths")]
    #[case("[persist]\npaths = [\".\"]\n", "[persist]")]
    #[case("[persist]\npaths = [\".venv/x\"]\n", "[persist]")]
    #[case("[health]\npath = \"status\"\n", "health.path")]
    #[case("[health]\nbelow = 0\n", "health.below")]
    #[case("[env]\nPORT = \"1\"\n", "PORT")]
    #[case("[env]\n\"a b\" = \"1\"\n", "a b")]
    #[case("[env]\nA = [1]\n", "A")]
    fn what_is_wrong_is_named(#[case] content: &str, #[case] place: &str) {
        let error = Config::parse(content).unwrap_err();
        assert!(error.message.contains(place), "{error:?}");
    }

    #[test]
    fn unknown_keys_are_named_and_the_rest_is_taken() {
        let config = Config::parse(
            "color = 1\n[app]\nframwork = \"x\"\nport = 8123\nroot = \"./a/\"\n[build]\ninstall = \"make\"\n\
             [env]\nA = 1\nB = true\n[persist]\npaths = [\"data/\", \"data\"]\n",
        )
        .unwrap();
        assert_eq!(config.port, Some(8123));
        assert_eq!(config.root.as_deref(), Some("a"));
        assert_eq!(config.install, Some(vec!["make".to_owned()]));
        assert_eq!(config.persist, ["data"]);
        assert_eq!(config.env["B"], "true");
        assert!(
            config.warnings[0].contains("app.framwork") && config.warnings[0].contains("color")
        );
    }
}
