//! `requirements.txt`: the names it asks for, `-r` files included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::deps::normalise;
use crate::index::{clean_path, join, split};
use crate::text;
use crate::view::View;

/// At most this many files are followed: includes can form circles.
const MAX_FILES: usize = 20;

/// What a requirements file and its includes say.
#[derive(Debug, Default)]
pub(super) struct Requirements {
    /// Normalised name to the file that has it.
    pub(super) names: BTreeMap<String, String>,
    /// A line pins a hash.
    pub(super) hashed: bool,
    /// What was odd.
    pub(super) warnings: Vec<String>,
}

#[expect(clippy::unwrap_used, reason = "a fixed pattern, compiled by the tests")]
static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z0-9][A-Za-z0-9._-]*").unwrap());
#[expect(clippy::unwrap_used, reason = "a fixed pattern, compiled by the tests")]
static EGG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"#egg=([A-Za-z0-9][A-Za-z0-9._-]*)").unwrap());

/// Reads a requirements file and what it includes.
pub(super) fn read(view: &View<'_>, path: &str) -> Requirements {
    let mut out = Requirements::default();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        if seen.len() >= MAX_FILES || !seen.insert(path.clone()) {
            continue;
        }
        match view.read(&path) {
            // pip reads UTF-16 with a byte-order mark (PowerShell's `pip freeze >`), so this is no error.
            None => out.warnings.push(text::unreadable_requirements(&path)),
            Some(content) => lines(&content, &path, &mut out, &mut waiting),
        }
    }
    out
}

fn lines(content: &str, path: &str, out: &mut Requirements, waiting: &mut Vec<String>) {
    out.hashed |= content.contains("--hash");
    for line in content.lines().map(str::trim) {
        let option = ["-r", "--requirement"]
            .iter()
            .find_map(|flag| line.strip_prefix(flag));
        if let Some(rest) = option {
            let target = rest.trim_start_matches(['=', ' ', '\t']);
            let target = target.split(" #").next().unwrap_or(target).trim();
            match clean_path(&join(split(path).0, target)) {
                Some(included) => waiting.push(included),
                None => out.warnings.push(text::include_outside(path, target)),
            }
        } else if let Some(name) = name(line) {
            out.names.entry(name).or_insert_with(|| path.to_owned());
        }
    }
}

/// The package that a line asks for.
fn name(line: &str) -> Option<String> {
    if let Some(egg) = EGG.captures(line) {
        return Some(normalise(&egg[1]));
    }
    if line.starts_with(['#', '-', '.', '/']) {
        return None;
    }
    let name = NAME.find(line)?;
    let rest = line[name.end()..].trim_start();
    // A URL or a path is not a name: `https://…`, `git+https://…`, `libs/thing.whl`.
    let is_place = rest.starts_with([':', '/', '+']);
    (!is_place).then(|| normalise(name.as_str()))
}

/// The name at the start of a PEP 508 requirement.
pub(super) fn requirement_name(requirement: &str) -> Option<String> {
    NAME.find(requirement.trim()).map(|m| normalise(m.as_str()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("Flask==3.0", Some("flask"))]
    #[case(
        "flask_sqlalchemy >= 3 ; python_version > '3.8'",
        Some("flask-sqlalchemy")
    )]
    #[case("uvicorn[standard]", Some("uvicorn"))]
    #[case("pkg @ https://host/x.whl", Some("pkg"))]
    #[case("git+https://host/x.git#egg=Some.Thing", Some("some-thing"))]
    #[case("-e git+https://host/x.git#egg=thing&subdirectory=a", Some("thing"))]
    #[case("https://host/x.whl", None)]
    #[case("./local", None)]
    #[case("--hash=sha256:abc", None)]
    #[case("# flask", None)]
    #[case("", None)]
    fn the_name_of_a_line(#[case] line: &str, #[case] name: Option<&str>) {
        assert_eq!(super::name(line).as_deref(), name);
    }
}
