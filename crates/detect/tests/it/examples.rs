//! One snapshot for each example app, the awkward ones included.

use std::collections::BTreeSet;
use std::fs;

use domain::plan::{NotYet, Plan, Wishes};
use serde::{Deserialize, Serialize};

use crate::disk::{DiskTree, examples};

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one value at a time, in a test")]
enum Answer {
    Plan(Plan),
    NotYet(NotYet),
}

fn apps() -> BTreeSet<String> {
    let entries = fs::read_dir(examples()).expect("the folder of the examples");
    entries
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

#[test]
fn every_example_has_its_plan() {
    let apps = apps();
    assert!(apps.len() >= 19, "examples are missing: {apps:?}");
    for app in apps {
        let answer = match detect::detect(&DiskTree(examples().join(&app)), &Wishes::default()) {
            Ok(plan) => Answer::Plan(plan),
            Err(not_yet) => Answer::NotYet(not_yet),
        };
        insta::assert_json_snapshot!(app, answer);
    }
}

#[derive(Deserialize)]
struct Demo {
    app: Vec<DemoApp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoApp {
    dir: String,
    name: String,
    about: String,
}

#[test]
fn the_demo_lists_apps_that_have_a_plan() {
    let demo: Demo =
        toml::from_str(&fs::read_to_string(examples().join("demo.toml")).unwrap()).unwrap();
    let names: BTreeSet<&str> = demo.app.iter().map(|app| app.name.as_str()).collect();
    assert_eq!(names.len(), demo.app.len(), "a name is used twice");
    for app in &demo.app {
        app.name.parse::<domain::Name>().unwrap();
        let plan = detect::detect(&DiskTree(examples().join(&app.dir)), &Wishes::default());
        assert!(plan.is_ok() && !app.about.is_empty(), "{}", app.dir);
    }
}

#[test]
fn links_on_disk_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("requirements.txt"), "flask\n").unwrap();
    fs::write(
        outside.path().join("app.py"),
        "from flask import Flask\napp = Flask(__name__)\n",
    )
    .unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("backend")).unwrap();
    for name in ["requirements.txt", "app.py"] {
        std::os::unix::fs::symlink(outside.path().join(name), dir.path().join(name)).unwrap();
    }
    let tree = DiskTree(dir.path().to_owned());
    assert!(detect::detect(&tree, &Wishes::default()).is_err());
    let wishes = Wishes {
        root: Some("backend".into()),
        ..Wishes::default()
    };
    let error = detect::detect(&tree, &wishes).unwrap_err();
    assert!(error.message.contains("no folder"), "{error:?}");
}
