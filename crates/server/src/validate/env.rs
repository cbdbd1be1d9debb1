//! Environment variables as JSON objects. Values never stand in a message.

use domain::EnvVars;
use domain::env::{EnvName, EnvPatch};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::Problem;
use crate::text;

/// Reads `env_vars` of a deploy. Numbers are taken as their text, as the original did.
pub(super) fn read_env(map: &Map<String, Value>, problems: &mut Vec<Problem>) -> EnvVars {
    let mut vars = EnvVars::default();
    for (name, value) in map {
        if let Err(problem) = set(&mut vars, name, value) {
            problems.push(problem);
        }
    }
    vars
}

/// Reads a change of the environment: a value sets, `null` unsets.
pub(crate) fn read_patch(map: &Map<String, Value>) -> Result<EnvPatch, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut patch = EnvPatch::new();
    let mut vars = EnvVars::default();
    for (name, value) in map {
        let read = match value {
            Value::Null => parse_name(name).map(|name| (name, None)),
            value => set(&mut vars, name, value)
                .map(|(name, value)| (name, Some(SecretString::from(value)))),
        };
        match read {
            Ok(change) => patch.push(change),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(patch)
    } else {
        Err(problems)
    }
}

fn parse_name(name: &str) -> Result<EnvName, Problem> {
    name.parse()
        .map_err(|error: domain::env::BadEnv| Problem::new("env_vars", short(&error.to_string())))
}

fn set(vars: &mut EnvVars, name: &str, value: &Value) -> Result<(EnvName, String), Problem> {
    let parsed = parse_name(name)?;
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(Problem::new("env_vars", text::must_be_env_value(name))),
    };
    vars.set(parsed.clone(), &value)
        .map_err(|error| Problem::new("env_vars", error.to_string()))?;
    Ok((parsed, value))
}

/// A bad name may be as long as the body.
fn short(message: &str) -> String {
    message.chars().take(400).collect()
}
