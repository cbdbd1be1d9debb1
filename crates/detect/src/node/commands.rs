//! The commands that install and build a Node package. Nothing is written outside the app's folder and the home folder.

use std::collections::BTreeMap;

use domain::plan::{Command, Run, Runtime};

use super::manager::Manager;
use super::package::Package;
use crate::text;

/// Installs the dependencies, those for development included: builds need them.
pub(crate) fn install(package: &Package) -> Vec<Command> {
    let manager = &package.manager;
    let argv: Vec<String> = match manager {
        Manager::Npm { lock: Some(_) } => {
            words(&["npm", "ci", "--include=dev", "--no-audit", "--no-fund"])
        }
        Manager::Npm { lock: None } => {
            words(&["npm", "install", "--include=dev", "--no-audit", "--no-fund"])
        }
        Manager::Pnpm { version, locked } => {
            let mut argv = words(&["npx", "--yes"]);
            argv.push(format!("pnpm@{version}"));
            argv.extend(words(&["install", "--prod=false"]));
            argv.extend(words(if *locked {
                &["--frozen-lockfile"]
            } else {
                &["--no-frozen-lockfile"]
            }));
            argv
        }
        Manager::YarnClassic { version, locked } => {
            let mut argv = words(&["npx", "--yes"]);
            argv.push(format!("yarn@{version}"));
            argv.extend(words(&[
                "install",
                "--production=false",
                "--non-interactive",
            ]));
            argv.extend(words(if *locked { &["--frozen-lockfile"] } else { &[] }));
            argv
        }
        Manager::YarnBerry {
            version,
            carried,
            locked,
        } => {
            let mut argv = match carried {
                Some(path) => vec!["node".to_owned(), path.clone()],
                None => {
                    let package = format!("--package=@yarnpkg/cli-dist@{version}");
                    vec![
                        "npx".to_owned(),
                        "--yes".to_owned(),
                        package,
                        "yarn".to_owned(),
                    ]
                }
            };
            argv.push("install".to_owned());
            argv.extend(words(if *locked {
                &["--immutable"]
            } else {
                &["--no-immutable"]
            }));
            argv
        }
    };
    vec![node(text::label_install(manager.file()), argv)]
}

/// Runs the build script, where there is one. Scripts are npm's to run, whoever installed.
pub(crate) fn build(package: &Package) -> Vec<Command> {
    match package.script("build") {
        Some(line) => vec![node(
            text::label_build(line),
            words(&["npm", "run", "build"]),
        )],
        None => Vec::new(),
    }
}

/// Environment that the package manager wants.
pub(crate) fn env(package: &Package) -> BTreeMap<String, String> {
    let pairs: &[(&str, &str)] = match package.manager {
        // Plug'n'Play has no node_modules folder, without which `node server.js` finds nothing.
        Manager::YarnBerry { .. } => &[
            ("YARN_NODE_LINKER", "node-modules"),
            ("YARN_ENABLE_TELEMETRY", "0"),
        ],
        _ => &[],
    };
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn node(label: String, argv: Vec<String>) -> Command {
    Command {
        label,
        run: Run::Argv(argv),
        needs: Runtime::Node,
    }
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|&word| word.to_owned()).collect()
}
