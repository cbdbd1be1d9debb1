//! The commands that install a Python app's dependencies into `.venv` of its folder.
//!
//! Locks of uv, poetry and pipenv are turned into a requirements file by the tool itself and installed by pip: pip is what
//! the host's mirror, proxy and certificate settings are made for, and the tools stay out of the app's environment.

use domain::plan::{Command, Run, Runtime};

use super::deps::{Deps, Manager};
use crate::text;

/// Where the exporting tools live while the build runs; never part of the artifact.
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
            text::label_install("uv.lock"),
            &format!(
                "{TOOLS}/bin/uv export --quiet --frozen --no-dev --no-emit-project --no-header --output-file {EXPORTED}"
            ),
        )),
        Manager::Poetry => out.extend(exported(
            &["poetry", "poetry-plugin-export"],
            text::label_install("poetry.lock"),
            &format!("{TOOLS}/bin/poetry export --no-interaction --only main --output {EXPORTED}"),
        )),
        Manager::Pipenv => out.extend(exported(
            &["pipenv"],
            text::label_install("Pipfile.lock"),
            &format!("{TOOLS}/bin/pipenv requirements --hash > {EXPORTED}"),
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

fn exported(tools: &[&str], label: String, export: &str) -> Vec<Command> {
    let pip_of_tools = format!("{TOOLS}/bin/pip");
    let mut install = vec![pip_of_tools.as_str(), "install", "--quiet"];
    install.extend(tools);
    vec![
        python(
            text::label_tool(tools[0]),
            &["python3", "-m", "venv", TOOLS],
        ),
        python(text::label_tool(tools[0]), &install),
        Command {
            label: text::label_export(tools[0]),
            // A line only where the tool can write nowhere else than to its output; it holds no text of the repository.
            run: if export.contains('>') {
                Run::Line(export.to_owned())
            } else {
                Run::Argv(export.split(' ').map(str::to_owned).collect())
            },
            needs: Runtime::Python,
        },
        pip(label, &["-r", EXPORTED]),
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
