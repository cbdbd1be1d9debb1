//! The official schemas, and what they say of a request as it came.

use std::path::Path;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::fake::Came;

pub struct Schema {
    name: &'static str,
    methods: Vec<Value>,
}

/// Those that are there; the others are said aloud.
pub fn all() -> Vec<Schema> {
    ["8.4", "9.2"].into_iter().filter_map(one).collect()
}

fn one(name: &'static str) -> Option<Schema> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../../shared/pve/api-{name}.json"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!(
            "SKIPPED: what is sent is in the schema of Proxmox VE {name}: {} is not there",
            path.display()
        );
        return None;
    };
    let all: Value = serde_json::from_str(&text).unwrap();
    Some(Schema {
        name,
        methods: all["methods"].as_array().unwrap().clone(),
    })
}

impl Schema {
    pub fn complaints(&self, came: &Came) -> Vec<String> {
        let line = came.line();
        let (path, query) = line
            .split_once(' ')
            .unwrap()
            .1
            .split_once('?')
            .map_or((line.split_once(' ').unwrap().1, ""), |both| both);
        let say = |what: String| format!("{} {} {path}: {what}", self.name, came.method);
        let method = self.methods.iter().find(|method| {
            method["method"] == came.method.as_str() && fits(method["path"].as_str().unwrap(), path)
        });
        let Some(method) = method else {
            return vec![say("is not there".to_owned())];
        };
        let multipart = came
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("multipart"));
        let form = if multipart {
            String::new()
        } else {
            came.text()
        };
        let pairs: Vec<(String, String)> =
            [query, &form].iter().flat_map(|text| pairs(text)).collect();
        let mut found: Vec<String> = pairs
            .iter()
            .filter_map(|(name, value)| check(method, name, value))
            .collect();
        if !multipart {
            found.extend(missing(method, &pairs));
        }
        found.into_iter().map(say).collect()
    }
}

/// `/nodes/{node}/lxc` and `/nodes/pve1/lxc`.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(one, other)| one.starts_with('{') || one == other)
}

fn pairs(form: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let parts = form.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap())
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn missing(method: &Value, pairs: &[(String, String)]) -> Vec<String> {
    let Some(told) = method["parameters"].as_object() else {
        return Vec::new();
    };
    let path = method["path"].as_str().unwrap();
    let wanted = told
        .iter()
        .filter(|(name, told)| told["optional"] != 1 && !path.contains(&format!("{{{name}}}")));
    let absent = wanted.filter(|(name, _)| !pairs.iter().any(|(sent, _)| sent == *name));
    absent
        .map(|(name, _)| format!("{name} is missing"))
        .collect()
}

fn check(method: &Value, name: &str, value: &str) -> Option<String> {
    let stem = format!("{}[n]", name.trim_end_matches(|c: char| c.is_ascii_digit()));
    let told = &method["parameters"];
    let told = told.get(name).or_else(|| told.get(&stem));
    let Some(told) = told else {
        return Some(format!("has no parameter {name}"));
    };
    let sound = match told["type"].as_str() {
        Some("boolean") => matches!(value, "0" | "1"),
        Some("integer") => value.parse::<i64>().is_ok_and(|n| in_range(told, n as f64)),
        Some("number") => value.parse::<f64>().is_ok_and(|n| in_range(told, n)),
        _ => told["enum"]
            .as_array()
            .is_none_or(|words| words.iter().any(|word| word == value)),
    };
    let most = told["maxLength"]
        .as_u64()
        .is_none_or(|most| value.chars().count() as u64 <= most);
    let keys = told["format"]
        .as_object()
        .and_then(|format| undeclared(format, value));
    if !sound || !most {
        Some(format!("{name} does not take {value:?}"))
    } else {
        keys.map(|key| format!("{name} has no key {key}"))
    }
}

fn in_range(told: &Value, number: f64) -> bool {
    told["minimum"].as_f64().is_none_or(|least| number >= least)
        && told["maximum"].as_f64().is_none_or(|most| number <= most)
}

fn undeclared(format: &serde_json::Map<String, Value>, value: &str) -> Option<String> {
    let keys = value
        .split(',')
        .filter_map(|part| part.split_once('='))
        .map(|(key, _)| key.to_owned());
    keys.into_iter().find(|key| !format.contains_key(key))
}
