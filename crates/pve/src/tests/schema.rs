//! Everything the client can send is in the official schemas of 8.4 and 9.2. They are not part of the project (they are made
//! from packages under another licence) and lie beside it, where they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::route::{Param, Route, Values};
use crate::routes::ALL;

/// One official schema: the methods by verb and path.
struct Schema {
    name: &'static str,
    is_nine: bool,
    methods: BTreeMap<(String, String), Value>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/pve")
}

fn schema(name: &'static str, is_nine: bool) -> Option<Schema> {
    let path = folder().join(format!("api-{name}.json"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!(
            "SKIPPED: requests are in the schema of Proxmox VE {name}: {} is not there",
            path.display()
        );
        return None;
    };
    let all: Value = serde_json::from_str(&text).unwrap();
    let text_of = |method: &Value, key: &str| method[key].as_str().unwrap().to_owned();
    let methods = all["methods"].as_array().unwrap().iter();
    let methods = methods
        .map(|method| {
            (
                (text_of(method, "method"), text_of(method, "path")),
                method.clone(),
            )
        })
        .collect();
    Some(Schema {
        name,
        is_nine,
        methods,
    })
}

fn schemas() -> Vec<Schema> {
    [schema("8.4", false), schema("9.2", true)]
        .into_iter()
        .flatten()
        .collect()
}

/// Every complaint about every request.
fn complaints(check: impl Fn(&Schema, &Route, &Value) -> Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    for schema in schemas() {
        for route in ALL {
            let key = (route.verb.name().to_owned(), route.path.to_owned());
            let told = match schema.methods.get(&key) {
                Some(method) => check(&schema, route, method),
                None => vec!["is not there".to_owned()],
            };
            found.extend(told.into_iter().map(|what| {
                format!(
                    "{} {} {}: {what}",
                    schema.name,
                    route.verb.name(),
                    route.path
                )
            }));
        }
    }
    found
}

fn params(route: &Route) -> impl Iterator<Item = &'static Param> {
    route.takes.iter().flat_map(|group| group.iter())
}

fn words_of(schema: &Value) -> Option<Vec<&str>> {
    schema["enum"]
        .as_array()
        .map(|words| words.iter().filter_map(Value::as_str).collect())
}

fn unknown_words(words: &[&str], schema: &Value) -> Vec<String> {
    let known = words_of(schema);
    let pattern = schema["pattern"].as_str();
    let is_known = |word: &&&str| match (&known, pattern) {
        (Some(known), _) => known.contains(*word),
        // `(/dev/.+|socket)`: the word is one of the alternatives.
        (None, Some(pattern)) => {
            pattern
                .trim_matches(['(', ')'])
                .split('|')
                .any(|one| one == **word)
                || pattern.starts_with("[A-Z")
        }
        (None, None) => true,
    };
    words
        .iter()
        .filter(|word| !is_known(word))
        .map(|word| format!("does not take {word:?}"))
        .collect()
}

fn check_param(schema: &Schema, param: &Param, method: &Value) -> Vec<String> {
    let told = &method["parameters"][param.name];
    if told.is_null() {
        let wanted = schema.is_nine || !param.nine;
        return if wanted {
            vec![format!("has no parameter {}", param.name)]
        } else {
            Vec::new()
        };
    }
    if param.nine && !schema.is_nine {
        return vec![format!("has {} in 8 as well", param.name)];
    }
    let found = match param.values {
        Values::Any => Vec::new(),
        Values::OneOf(words) => unknown_words(words, told),
        Values::Keys(keys) => keys
            .iter()
            .flat_map(|(key, words)| check_key(key, words, &told["format"]))
            .collect(),
    };
    found
        .into_iter()
        .map(|what| format!("{}: {what}", param.name))
        .collect()
}

fn check_key(key: &str, words: &[&str], format: &Value) -> Vec<String> {
    match format.get(key) {
        Some(told) => unknown_words(words, told),
        None => vec![format!("has no key {key}")],
    }
}

#[test]
fn every_method_path_parameter_key_and_word_is_in_both_schemas() {
    let found = complaints(|schema, route, method| {
        params(route)
            .flat_map(|param| check_param(schema, param, method))
            .collect()
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_parameter_that_must_be_there_can_be_sent() {
    let found = complaints(|_, route, method| {
        let Some(told) = method["parameters"].as_object() else {
            return Vec::new();
        };
        let wanted = told
            .iter()
            .filter(|(_, param)| param["optional"].as_u64() != Some(1))
            .map(|(name, _)| name);
        let missing = wanted.filter(|name| {
            route.param(name).is_none() && !route.path.contains(&format!("{{{name}}}"))
        });
        missing.map(|name| format!("wants {name}")).collect()
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_request_but_the_login_may_be_made_with_a_token() {
    let found = complaints(|_, route, method| {
        let refused = method["allowtoken"].as_u64() != Some(1) && route.path != "/access/ticket";
        if refused {
            vec!["takes no token".to_owned()]
        } else {
            Vec::new()
        }
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_check_finds_what_is_wrong() {
    let Some(schema) = schema("9.2", true) else {
        return;
    };
    let method = &schema.methods[&("POST".to_owned(), "/nodes/{node}/lxc".to_owned())];
    let bad = [
        crate::route::any("no-such-thing"),
        crate::route::one_of("cmode", &["shell", "window"]),
        crate::route::keys("features", &[("nesting", &[]), ("flying", &[])]),
        crate::route::keys("net[n]", &[("type", &["veth", "tap"])]),
    ];
    let found: Vec<String> = bad
        .iter()
        .flat_map(|param| check_param(&schema, param, method))
        .collect();
    let wanted = [
        "has no parameter no-such-thing",
        "cmode: does not take \"window\"",
        "features: has no key flying",
        "net[n]: does not take \"tap\"",
    ];
    assert_eq!(found, wanted);
}
