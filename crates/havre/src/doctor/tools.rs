//! Programs of the host.

use std::process::{Command, Stdio};

use super::check::Check;
use crate::text;

/// Git, Python with venv, Node with npm.
pub fn checks() -> Vec<Check> {
    vec![git(), python(), node()]
}

/// The first line that a program says, if it runs and succeeds.
fn says(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().next().unwrap_or_default().trim().to_owned();
    output.status.success().then_some(line)
}

fn git() -> Check {
    match says("git", &["--version"]) {
        Some(version) => Check::ok("git", version),
        None => Check::fail("git", text::missing("git"), text::install("git")),
    }
}

/// A python3 without venv or pip builds nothing: it counts as missing.
fn python() -> Check {
    let Some(version) = says("python3", &["--version"]) else {
        let what = text::runtime_missing("python3", "Python");
        return Check::warn("python", what, text::install("python3 python3-venv"));
    };
    match says("python3", &["-c", "import venv, ensurepip"]) {
        Some(_) => Check::ok("python", text::with(&version, "venv")),
        None => Check::warn(
            "python",
            text::without_venv(&version),
            text::install("python3-venv"),
        ),
    }
}

fn node() -> Check {
    let found = says("node", &["--version"]).zip(says("npm", &["--version"]));
    match found {
        Some((node, npm)) => Check::ok(
            "node",
            text::with(&format!("Node {node}"), &format!("npm {npm}")),
        ),
        None => {
            let what = text::runtime_missing("node and npm", "Node");
            Check::warn("node", what, text::install("nodejs npm"))
        }
    }
}
