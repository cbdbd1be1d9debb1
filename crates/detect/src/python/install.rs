//! The commands that install a Python app's dependencies into `.venv` of its folder.
//!
//! Locks of uv, poetry and pipenv are turned into a requirements file by the tool itself and installed by pip: pip is what
//! the host's mirror, proxy and certificate settings are made for, and the tools stay out of the app's environment.

use domain::plan::{Command, Run, Runtime};

use super::deps::{Deps, Manager};
use crate::text;

/// Where the exporting tools live while the build runs; never part of the artifact. A folder and not an environment of
/// its own: making a second one takes longer than all the rest.
const TOOLS: &str = "/tmp/havre-tools";
/// The exported requirements.
const EXPORTED: &str = "/tmp/havre-requirements.txt";

/// The commands, with the packages that Havre adds (`gunicorn`) at the end.
pub(crate) fn commands(deps: &Deps, extras: &[&str]) -> Vec<Command> {
    let mut out = vec![python(
        text::label_venv(),
        &["python3", "-m", "venv", ".venv"],
    )];
    match &deps.manager {
        Manager::Uv => out.extend(exported(
            &["uv"],
            "uv.lock",
            &[
                "export",
                "--quiet",
                "--frozen",
                "--no-dev",
                "--no-emit-project",
                "--output-file",
                EXPORTED,
            ],
        )),
        Manager::Poetry => out.extend(exported(
            &["poetry", "poetry-plugin-export"],
            "poetry.lock",
            &[
                "export",
                "--no-interaction",
                "--only",
                "main",
                "--output",
                EXPORTED,
            ],
        )),
        Manager::Pipenv => out.extend(exported(
            &["pipenv"],
            "Pipfile.lock",
            &["requirements", "--hash", ">", EXPORTED],
        )),
        Manager::Requirements { path, hashed: true } => {
            out.push(pip(text::label_install(path), &["-r", path]));
        }
        // One run of pip is quicker than two, and lets it fit everything together.
        Manager::Requirements { path, .. } => return with(out, path, &["-r", path], extras),
        Manager::Listed { file, list } if !list.is_empty() => {
            let list: Vec<&str> = list.iter().map(String::as_str).collect();
            return with(out, file, &list, extras);
        }
        Manager::Package(file) => return with(out, file, &["."], extras),
        Manager::Listed { .. } | Manager::Nothing => {}
    }
    if !extras.is_empty() {
        out.push(pip(text::label_extras(extras), extras));
    }
    out
}

fn with(mut out: Vec<Command>, file: &str, arguments: &[&str], extras: &[&str]) -> Vec<Command> {
    let all: Vec<&str> = arguments.iter().chain(extras).copied().collect();
    out.push(pip(text::label_install_with(file, extras), &all));
    out
}

/// Installs by way of a tool: it writes what its lock says as requirements, which pip then installs.
fn exported(tools: &[&str], lock: &str, export: &[&str]) -> Vec<Command> {
    let mut install = vec!["--quiet", "--target", TOOLS];
    install.extend(tools);
    let path = format!("PYTHONPATH={TOOLS}");
    let mut run = vec!["env", &path, ".venv/bin/python", "-m", tools[0]];
    run.extend(export);
    let mut export_command = python(text::label_export(tools[0]), &run);
    if export.contains(&">") {
        // pipenv writes nowhere else than to its output. The line holds no text of the repository.
        export_command.run = Run::Line(run.join(" "));
    }
    vec![
        pip(text::label_tool(tools[0]), &install),
        export_command,
        pip(text::label_install(lock), &["-r", EXPORTED]),
    ]
}

fn pip(label: String, arguments: &[&str]) -> Command {
    let mut argv = vec![".venv/bin/pip", "install", "--no-input"];
    argv.extend(arguments);
    python(label, &argv)
}

/// A command that needs Python.
pub(crate) fn python(label: String, argv: &[&str]) -> Command {
    Command {
        label,
        run: Run::Argv(argv.iter().map(|&word| word.to_owned()).collect()),
        needs: Runtime::Python,
    }
}
