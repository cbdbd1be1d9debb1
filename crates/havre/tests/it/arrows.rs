//! The import direction: only the arrows of the design.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Who may import whom. `sim` is in nobody's list: it is never shipped.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("api", &["domain"]),
    ("detect", &["domain"]),
    ("source", &["domain"]),
    ("store", &["domain"]),
    ("pve", &[]),
    ("ssh", &[]),
    ("drivers", &["domain", "pve", "ssh"]),
    ("gateway", &["domain"]),
    ("sim", &["domain"]),
    ("engine", &["domain", "detect"]),
    ("server", &["engine", "api", "domain"]),
    (
        "havre",
        &[
            "server", "api", "store", "drivers", "gateway", "engine", "source", "detect", "domain",
            "pve",
        ],
    ),
];

/// What a crate imports of ours when it is shipped; dev-dependencies are free.
fn imports(manifest: &toml::Table, ours: &BTreeSet<&str>) -> BTreeSet<String> {
    let targets = manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::values)
        .filter_map(toml::Value::as_table);
    std::iter::once(manifest)
        .chain(targets)
        .flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .flatten()
        .filter_map(toml::Value::as_table)
        .flat_map(|dependencies| {
            dependencies.iter().map(|(name, how)| {
                let renamed = how.get("package").and_then(toml::Value::as_str);
                renamed.unwrap_or(name).to_owned()
            })
        })
        .filter(|name| ours.contains(name.as_str()))
        .collect()
}

fn manifests() -> BTreeMap<String, toml::Table> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_dir(crates)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("Cargo.toml"))
        .filter(|manifest| manifest.is_file())
        .map(|manifest| {
            let table: toml::Table = std::fs::read_to_string(&manifest).unwrap().parse().unwrap();
            let name = table["package"]["name"].as_str().unwrap().to_owned();
            (name, table)
        })
        .collect()
}

#[test]
fn crates_import_only_along_the_arrows_of_the_design() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let ours: BTreeSet<&str> = arrows.keys().copied().collect();
    let manifests = manifests();
    let found: BTreeSet<&str> = manifests.keys().map(String::as_str).collect();
    assert_eq!(
        found, ours,
        "a crate came or went: draw its arrows here and in ARCHITECTURE.md"
    );
    for (name, manifest) in &manifests {
        for import in imports(manifest, &ours) {
            assert!(
                arrows[name.as_str()].contains(&import.as_str()),
                "{name} must not import {import}"
            );
        }
    }
}

#[test]
fn a_forbidden_arrow_is_seen_wherever_it_hides() {
    let ours = BTreeSet::from(["domain", "store"]);
    let manifest = "[dependencies]\nserde = \"1\"\n[target.'cfg(unix)'.dependencies]\nx = { package = \"store\" }\n[build-dependencies]\ndomain.workspace = true\n[dev-dependencies]\nsim = \"1\"";
    let seen = imports(&manifest.parse().unwrap(), &ours);
    assert_eq!(
        seen,
        BTreeSet::from(["domain".to_owned(), "store".to_owned()])
    );
}
