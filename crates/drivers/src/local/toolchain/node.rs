//! Node: what an interpreter says about itself, and the npm beside it.

use std::path::{Path, PathBuf};

use domain::plan::Runtime;
use serde::Deserialize;

use super::host::HostEnv;
use super::install::{Installed, Release, is_program};
use super::probe;

const QUESTION: &str = "JSON.stringify({release: process.versions.node, exe: require('fs').realpathSync(process.execPath)})";

/// Programs that a guest gets with Node where the host has them.
const TOOLS: [&str; 7] = ["npm", "npx", "corepack", "yarn", "yarnpkg", "pnpm", "pnpx"];

#[derive(Deserialize)]
struct Answer {
    release: String,
    exe: PathBuf,
}

/// Tries a program that may be Node. None when it does not work.
pub(super) async fn look(host: &HostEnv, program: &Path) -> Option<Installed> {
    let answer: Answer = probe::ask(program, &["-p".as_ref(), QUESTION.as_ref()]).await?;
    let release = Release::parse(&answer.release)?;
    let folder = answer.exe.parent()?.to_owned();
    let prefix = match folder.file_name() {
        Some(name) if name == "bin" => folder.parent()?.to_owned(),
        _ => folder.clone(),
    };
    let mut installed = Installed {
        runtime: Runtime::Node,
        release,
        exe: answer.exe,
        prefix,
        tools: Vec::new(),
        extra: Vec::new(),
        lacks: None,
    };
    for name in TOOLS {
        add_tool(host, &folder, name, &mut installed);
    }
    let npm = installed
        .tools
        .iter()
        .find(|(name, _)| name == "npm")
        .map(|(_, path)| path.clone());
    let works = match npm {
        Some(npm) => probe::run(&installed.exe, &[npm.as_os_str(), "--version".as_ref()])
            .await
            .is_some(),
        None => false,
    };
    installed.lacks = (!works).then(|| "npm".to_owned());
    Some(installed)
}

/// Beside node, else on the host's PATH: distributions pack npm apart.
fn add_tool(host: &HostEnv, folder: &Path, name: &str, installed: &mut Installed) {
    let mut folders = vec![folder.to_owned()];
    if folder.starts_with("/usr") {
        folders.extend(host.system().iter().cloned());
    }
    let found = folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| is_program(path));
    let Some(real) = found.and_then(|path| path.canonicalize().ok()) else {
        return;
    };
    if !real.starts_with(&installed.prefix) && !real.starts_with("/usr") {
        // Its package folder is needed, and nothing around it.
        let Some(package) = package_of(&real) else {
            return;
        };
        installed.extra.push(package);
    }
    installed.tools.push((name.to_owned(), real));
}

/// The folder of the npm package that a script belongs to.
fn package_of(script: &Path) -> Option<PathBuf> {
    let inside_modules = |folder: &&Path| {
        folder
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|name| name == "node_modules")
    };
    script
        .ancestors()
        .skip(1)
        .find(inside_modules)
        .map(Path::to_owned)
}
