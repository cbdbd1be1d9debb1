//! Tests of detection through its public function.

mod disk;
mod evidence;
mod examples;
mod folders;
mod havre_toml;
mod hostile;
mod procfile;
mod python;
mod tools;
mod wishes;

use domain::plan::{NotYet, Plan, Run, Start, Wishes};
use domain::tree::MemoryTree;

/// The plan of a tree of these files, without wishes.
fn plan(files: &[(&str, &str)]) -> Plan {
    try_plan(files).unwrap_or_else(|error| panic!("no plan: {error:?}"))
}

fn try_plan(files: &[(&str, &str)]) -> Result<Plan, NotYet> {
    detect::detect(&MemoryTree::new(files.iter().copied()), &Wishes::default())
}

/// The answer for a tree whose framework or root the user chose.
fn wished(
    files: &[(&str, &str)],
    framework: Option<&str>,
    root: Option<&str>,
) -> Result<Plan, NotYet> {
    let wishes = Wishes {
        framework: framework.map(str::to_owned),
        root: root.map(str::to_owned),
    };
    detect::detect(&MemoryTree::new(files.iter().copied()), &wishes)
}

/// The line that starts a plan's app.
fn start(plan: &Plan) -> &str {
    match &plan.start {
        Start::Line(line) => line,
        Start::Static { dir, .. } => panic!("serves the files of `{dir}`"),
    }
}

/// The commands of a list as lines.
fn lines(commands: &[domain::plan::Command]) -> Vec<String> {
    commands
        .iter()
        .map(|command| match &command.run {
            Run::Argv(argv) => argv.join(" "),
            Run::Line(line) => line.clone(),
        })
        .collect()
}

fn warns(plan: &Plan, part: &str) -> bool {
    plan.warnings.iter().any(|warning| warning.contains(part))
}
