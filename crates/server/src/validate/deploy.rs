//! `POST /api/deploy`: the original's checks in the original's order and words, then ours.

use domain::git::BadGitUrl;
use domain::ports::NewDeploy;
use domain::release::DeployOptions;
use domain::{
    DeploymentKind, DriverKind, EnvVars, GitRef, GitUrl, Name, NodeWish, Resources, Tags,
};
use serde_json::{Map, Value};

use super::env::read_env;
use super::health::read_health;
use super::tags::read_tags;
use super::{Problem, Wanted, complete};
use crate::read::Fields;
use crate::text;

/// What a live deployment of the same name has: a request that names only some of it is completed from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Present {
    /// What it lives in.
    pub kind: Option<DeploymentKind>,
    /// The resources of its newest release.
    pub resources: Option<Resources>,
}

/// A deploy as asked for, parsed.
#[derive(Debug, Clone)]
pub struct DeployInput {
    name: Name,
    kind: Option<DeploymentKind>,
    url: GitUrl,
    git_ref: Option<GitRef>,
    options: DeployOptions,
    env: EnvVars,
    resources: Option<Resources>,
    replace_source: bool,
    tags: Option<Tags>,
    node: Option<NodeWish>,
}

impl DeployInput {
    /// The deploy at this driver.
    pub fn at(self, driver: DriverKind) -> NewDeploy {
        NewDeploy {
            name: self.name,
            kind: self.kind,
            driver,
            url: self.url,
            git_ref: self.git_ref,
            options: self.options,
            env: self.env,
            resources: self.resources,
            replace_source: self.replace_source,
            owner: None,
            tags: self.tags,
            node: self.node,
        }
    }
}

/// Checks a deploy. `frameworks` are the keys that may be chosen; `present` is what a live deployment of this name has.
pub fn validate_deploy<'a>(
    body: &Value,
    frameworks: impl Iterator<Item = &'a String> + Clone,
    present: Present,
) -> Result<DeployInput, Vec<Problem>> {
    let nothing = Map::new();
    let map = body.as_object().unwrap_or(&nothing);
    let missing = missing(map);
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut fields = Fields::new(map);
    let kind = fields.parsed("deployment_type", 50);
    let framework = framework(&mut fields, frameworks);
    let url = url(&mut fields);
    let name = fields.parsed("name", usize::MAX);
    let resources = resources(&mut fields, kind, present);
    let env = env(&mut fields);
    let input = Rest::read(&mut fields);
    match (url, name) {
        (Some(url), Some(name)) if fields.problems.is_empty() => Ok(DeployInput {
            name,
            kind,
            url,
            git_ref: input.git_ref,
            options: DeployOptions {
                framework,
                ..input.options
            },
            env,
            resources,
            replace_source: input.replace_source,
            tags: input.tags,
            node: input.node,
        }),
        _ => Err(fields.problems),
    }
}

/// The original's first check: missing or falsy. `framework` and `deployment_type` are optional here.
fn missing(map: &Map<String, Value>) -> Vec<Problem> {
    ["github_url", "name"]
        .into_iter()
        .filter(|field| map.get(*field).is_none_or(is_falsy))
        .map(|field| Problem::new(field, text::missing(field)))
        .collect()
}

/// What Python takes for false.
pub(crate) fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn framework<'a>(
    fields: &mut Fields<'_>,
    mut known: impl Iterator<Item = &'a String> + Clone,
) -> Option<String> {
    let key = fields.text("framework", 100)?;
    let keys = known.clone();
    if !known.any(|known| known == key) {
        let problem = Problem::new("framework", text::unsupported_framework(key));
        let cure = text::supported_frameworks(keys);
        fields.problems.push(problem.cure(cure));
    }
    Some(key.to_owned())
}

fn url(fields: &mut Fields<'_>) -> Option<GitUrl> {
    let given = fields.text("github_url", usize::MAX)?;
    match given.parse() {
        Ok(url) => Some(url),
        Err(BadGitUrl::Shape) => {
            let problem = Problem::new("github_url", text::BAD_GITHUB_URL);
            fields.problems.push(problem.cure(text::GIT_URL_CURE));
            None
        }
        Err(error) => {
            fields.wrong("github_url", error.to_string());
            None
        }
    }
}

/// Checked as `lxc` when the type is wrong, as the original did.
fn resources(
    fields: &mut Fields<'_>,
    asked: Option<DeploymentKind>,
    present: Present,
) -> Option<Resources> {
    let map = fields.object("resources")?;
    let before = fields.problems.len();
    let wanted = Wanted::read(map, &mut fields.problems);
    if wanted == Wanted::default() {
        return None;
    }
    let kind = asked.or(present.kind).unwrap_or_default();
    let resources = complete(wanted, present.resources, kind);
    let bounds = resources.problems(kind);
    let of = |problem: &str| problem.split(' ').next().map(str::to_owned);
    for problem in bounds {
        let told = |earlier: &Problem| of(&earlier.text) == of(&problem);
        if !fields.problems[before..].iter().any(told) {
            fields.wrong("resources", problem);
        }
    }
    fields.problems[before..].sort_by_key(|problem| order(&problem.text));
    Some(resources)
}

/// The original tells of cores, memory and disk in this order, whatever is wrong with them.
fn order(problem: &str) -> usize {
    ["Cores", "Memory", "Disk"]
        .iter()
        .position(|word| problem.starts_with(word))
        .unwrap_or_default()
}

fn env(fields: &mut Fields<'_>) -> EnvVars {
    match fields.get("env_vars") {
        None => EnvVars::default(),
        Some(Value::Object(map)) => read_env(map, &mut fields.problems),
        Some(_) => {
            fields.wrong("env_vars", text::must_be("env_vars", text::ENV_SHAPE));
            EnvVars::default()
        }
    }
}

/// What the original did not know.
struct Rest {
    git_ref: Option<GitRef>,
    options: DeployOptions,
    replace_source: bool,
    tags: Option<Tags>,
    node: Option<NodeWish>,
}

impl Rest {
    fn read(fields: &mut Fields<'_>) -> Self {
        let git_ref = fields.parsed("ref", 200);
        let root = fields.text("root", 200).map(str::to_owned);
        if root.as_deref().is_some_and(|root| !is_folder(root)) {
            fields.wrong("root", text::must_be("root", text::ROOT_SHAPE));
        }
        let mut options = DeployOptions {
            root,
            any_version: fields.flag("any_version"),
            discard_data: fields.flag("discard_data"),
            ..DeployOptions::default()
        };
        let replace_source = fields.flag("replace_source");
        if let Some(map) = fields.object("health") {
            options.health = read_health(map, &mut fields.problems);
        }
        Self {
            git_ref,
            options,
            replace_source,
            tags: read_tags(fields, "tags"),
            node: fields.parsed("node", 63),
        }
    }
}

/// A folder that stays inside the repository.
fn is_folder(root: &str) -> bool {
    !root.starts_with('/')
        && !root.contains('\\')
        && !root.chars().any(char::is_control)
        && !root.split('/').any(|part| part == "..")
}
