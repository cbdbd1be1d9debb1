//! `pyproject.toml`: PEP 621 and poetry's own table.

use std::str::FromStr;

use pep508_rs::{Requirement, VerbatimUrl};
use toml::{Table, Value};

use super::deps::Manager;
use super::requirements::requirement_name;
use crate::text;
use crate::view::View;

/// More requirements than this in one file are no application's.
const MAX_LISTED: usize = 500;

/// What `pyproject.toml` says that matters here.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// PEP 508 requirements that pip can be given.
    list: Vec<String>,
    /// `dynamic = ["dependencies"]`: only a build of the project tells.
    dynamic: bool,
    /// `[project] dependencies` or poetry's table is there at all.
    says: bool,
    /// What it wants of Python, PEP 440.
    pub(super) python: Option<String>,
}

impl Project {
    /// The normalised names of the requirements.
    pub(super) fn names(&self) -> Vec<String> {
        self.list
            .iter()
            .filter_map(|one| requirement_name(one))
            .collect()
    }

    /// False for a file that only configures tools.
    pub(super) fn says_dependencies(&self) -> bool {
        self.says || self.dynamic
    }

    /// How to install them without a lock file.
    pub(super) fn manager(self) -> Manager {
        if self.dynamic {
            Manager::Package("pyproject.toml")
        } else {
            Manager::Listed {
                file: "pyproject.toml",
                list: self.list,
            }
        }
    }
}

/// Reads the file; none when it is not there. One that cannot be read is a warning.
pub(super) fn read(view: &View<'_>, warnings: &mut Vec<String>) -> Option<Project> {
    let content = view.read("pyproject.toml")?;
    let table: Table = match content.parse() {
        Ok(table) => table,
        Err(error) => {
            warnings.push(text::unreadable_toml("pyproject.toml", &content, &error));
            return Some(Project::default());
        }
    };
    let mut project = Project::default();
    if let Some(pep621) = table.get("project").and_then(Value::as_table) {
        project.pep621(pep621, warnings);
    }
    let poetry = table.get("tool").and_then(|tool| tool.get("poetry"));
    if let Some(poetry) = poetry.and_then(Value::as_table) {
        project.poetry(poetry, warnings);
    }
    project.list.truncate(MAX_LISTED);
    Some(project)
}

impl Project {
    fn pep621(&mut self, table: &Table, warnings: &mut Vec<String>) {
        self.python = table
            .get("requires-python")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let dynamic = table.get("dynamic").and_then(Value::as_array);
        self.dynamic =
            dynamic.is_some_and(|all| all.iter().any(|one| one.as_str() == Some("dependencies")));
        let Some(list) = table.get("dependencies").and_then(Value::as_array) else {
            return;
        };
        self.says = true;
        for one in list.iter().filter_map(Value::as_str) {
            self.push(one.trim(), warnings);
        }
    }

    fn poetry(&mut self, table: &Table, warnings: &mut Vec<String>) {
        let Some(all) = table.get("dependencies").and_then(Value::as_table) else {
            return;
        };
        self.says = true;
        for (name, value) in all {
            if name == "python" {
                let wish = value.as_str().and_then(specifier);
                self.python = self.python.take().or(wish);
            } else if let Some(requirement) = requirement_of(name, value) {
                self.push(&requirement, warnings);
            } else if !is_optional(value) {
                warnings.push(text::odd_requirement("pyproject.toml", name));
            }
        }
    }

    /// Only what reads as a requirement becomes an argument of pip.
    fn push(&mut self, requirement: &str, warnings: &mut Vec<String>) {
        if is_requirement(requirement) {
            self.list.push(requirement.to_owned());
        } else {
            warnings.push(text::odd_requirement("pyproject.toml", requirement));
        }
    }
}

/// True for a PEP 508 requirement; it can then not be read as an option.
pub(super) fn is_requirement(text: &str) -> bool {
    text.len() <= 500
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.chars().any(char::is_control)
        && Requirement::<VerbatimUrl>::from_str(text).is_ok()
}

fn is_optional(value: &Value) -> bool {
    value.get("optional").and_then(Value::as_bool) == Some(true)
}

/// A requirement of poetry's or pipenv's table as PEP 508; none for what only the tool itself understands.
pub(super) fn requirement_of(name: &str, value: &Value) -> Option<String> {
    if is_optional(value) || name.is_empty() {
        return None;
    }
    let version = match value {
        Value::String(version) => version.as_str(),
        Value::Table(table)
            if ["git", "path", "url", "file"]
                .iter()
                .any(|key| table.contains_key(*key)) =>
        {
            return None;
        }
        Value::Table(table) => table.get("version").and_then(Value::as_str).unwrap_or("*"),
        _ => return None,
    };
    let extras: Vec<&str> = value
        .get("extras")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let extras = if extras.is_empty() {
        String::new()
    } else {
        format!("[{}]", extras.join(","))
    };
    let markers = value.get("markers").and_then(Value::as_str);
    let markers = markers
        .map(|marker| format!(" ; {marker}"))
        .unwrap_or_default();
    Some(format!("{name}{extras}{}{markers}", specifier(version)?))
}

/// Poetry's version constraints as PEP 440: `^1.2` is `>=1.2,<2`, `~1.2` is `>=1.2,<1.3`, `1.2` is `==1.2`, `*` is "".
pub(super) fn specifier(text: &str) -> Option<String> {
    let parts: Option<Vec<String>> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty() && *part != "*")
        .map(part)
        .collect();
    let joined = parts?.join(",");
    let legal = joined.is_empty() || pep440_rs::VersionSpecifiers::from_str(&joined).is_ok();
    legal.then_some(joined)
}

fn part(text: &str) -> Option<String> {
    if let Some(version) = text.strip_prefix('^') {
        return Some(format!(">={},<{}", version.trim(), next(version, true)?));
    }
    if let Some(version) = text.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        return Some(format!(">={},<{}", version.trim(), next(version, false)?));
    }
    let bare = text.starts_with(|c: char| c.is_ascii_digit());
    Some(if bare {
        format!("=={text}")
    } else {
        text.replace(' ', "")
    })
}

/// The first version that a caret (`^`) or tilde (`~`) no longer takes.
fn next(version: &str, caret: bool) -> Option<String> {
    let numbers: Option<Vec<u64>> = version.trim().split('.').map(|n| n.parse().ok()).collect();
    let numbers = numbers?;
    let at = if caret {
        numbers
            .iter()
            .position(|n| *n != 0)
            .unwrap_or(numbers.len() - 1)
    } else {
        usize::from(numbers.len() > 1)
    };
    let mut next: Vec<u64> = numbers[..=at].to_vec();
    next[at] = next[at].checked_add(1)?;
    Some(
        next.iter()
            .map(u64::to_string)
            .collect::<Vec<_>>()
            .join("."),
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("^1.2.3", Some(">=1.2.3,<2"))]
    #[case("^0.2.3", Some(">=0.2.3,<0.3"))]
    #[case("^0.0.3", Some(">=0.0.3,<0.0.4"))]
    #[case("^3.11", Some(">=3.11,<4"))]
    #[case("~1.2.3", Some(">=1.2.3,<1.3"))]
    #[case("~1", Some(">=1,<2"))]
    #[case("~=1.2", Some("~=1.2"))]
    #[case(">=1, <2", Some(">=1,<2"))]
    #[case("1.4", Some("==1.4"))]
    #[case("1.*", Some("==1.*"))]
    #[case("*", Some(""))]
    #[case("nonsense", None)]
    #[case("^", None)]
    #[case("^99999999999999999999", None)]
    fn constraints_of_poetry(#[case] poetry: &str, #[case] pep440: Option<&str>) {
        assert_eq!(super::specifier(poetry).as_deref(), pep440);
    }

    #[rstest]
    #[case("flask>=3", true)]
    #[case("fastapi[standard]>=0.1; python_version > '3.8'", true)]
    #[case("--index-url=http://evil", false)]
    #[case("-r x", false)]
    #[case("a b c", false)]
    fn only_requirements_reach_pip(#[case] text: &str, #[case] good: bool) {
        assert_eq!(super::is_requirement(text), good);
    }
}
