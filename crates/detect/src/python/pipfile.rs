//! `Pipfile`: pipenv's list of packages.

use toml::{Table, Value};

use super::deps::normalise;
use super::pyproject::{is_requirement, requirement_of};
use crate::text;
use crate::view::View;

/// What a `Pipfile` says.
#[derive(Debug, Default)]
pub(super) struct Pipfile {
    /// Normalised names.
    pub(super) names: Vec<String>,
    /// PEP 508 requirements.
    pub(super) list: Vec<String>,
    /// `[requires] python_version` or `python_full_version`.
    pub(super) python: Option<String>,
}

/// Reads the file; none when it is not there.
pub(super) fn read(view: &View<'_>, warnings: &mut Vec<String>) -> Option<Pipfile> {
    let content = view.read("Pipfile")?;
    let table: Table = match content.parse() {
        Ok(table) => table,
        Err(error) => {
            warnings.push(text::unreadable_toml("Pipfile", &content, &error));
            return Some(Pipfile::default());
        }
    };
    let mut out = Pipfile::default();
    let requires = table.get("requires");
    out.python = ["python_full_version", "python_version"]
        .iter()
        .find_map(|key| requires?.get(key)?.as_str())
        .map(str::to_owned);
    let packages = table.get("packages").and_then(Value::as_table);
    for (name, value) in packages.into_iter().flatten() {
        out.names.push(normalise(name));
        match requirement_of(name, value).filter(|one| is_requirement(one)) {
            Some(requirement) => out.list.push(requirement),
            None => warnings.push(text::odd_requirement("Pipfile", name)),
        }
    }
    Some(out)
}
