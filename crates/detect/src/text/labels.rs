//! What the build output says about each command.

use super::words::quoted;

pub(crate) fn label_venv() -> String {
    "Making a Python environment (.venv)".to_owned()
}

pub(crate) fn label_install(file: &str) -> String {
    format!("Installing dependencies ({file})")
}

pub(crate) fn label_install_with(file: &str, extras: &[&str]) -> String {
    if extras.is_empty() {
        label_install(file)
    } else {
        format!("Installing dependencies ({file}) and {}", extras.join(", "))
    }
}

pub(crate) fn label_extras(names: &[&str]) -> String {
    format!("Adding {}", names.join(" and "))
}

pub(crate) fn label_tool(tool: &str) -> String {
    format!("Preparing {tool}")
}

pub(crate) fn label_export(tool: &str) -> String {
    format!("Reading the lock file ({tool})")
}

pub(crate) fn label_build(line: &str) -> String {
    format!("Building ({})", quoted(line).trim_matches('`'))
}

pub(crate) fn label_own_install(line: &str) -> String {
    format!("Installing ({})", quoted(line).trim_matches('`'))
}

pub(crate) fn label_collectstatic() -> String {
    "Collecting static files".to_owned()
}

pub(crate) fn label_migrate() -> String {
    "Migrating the database".to_owned()
}

pub(crate) fn label_release(file: &str) -> String {
    format!("Running the release command ({file})")
}
