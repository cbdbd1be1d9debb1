//! The version of Python that a repository asks for, from the files that people use.

use std::str::FromStr;

use domain::plan::VersionWish;

use super::{pipfile, pyproject};
use crate::text;
use crate::versions;
use crate::view::View;

/// The wish, the most deliberate file first: `.python-version`, `runtime.txt`, `.tool-versions`, `Pipfile`,
/// `pyproject.toml`.
pub(super) fn wish(view: &View<'_>, warnings: &mut Vec<String>) -> Option<VersionWish> {
    let mut ignored = Vec::new();
    let project = || pyproject::read(view, &mut Vec::new()).and_then(|project| project.python);
    let pipfile = pipfile::read(view, &mut ignored).and_then(|pipfile| pipfile.python);
    let sources = [
        (
            ".python-version",
            versions::first_line(view, ".python-version"),
        ),
        ("runtime.txt", versions::first_line(view, "runtime.txt")),
        (".tool-versions", versions::tool_version(view, "python")),
        ("Pipfile", pipfile),
        ("pyproject.toml", project()),
    ];
    for (file, text) in sources {
        let Some(text) = text else { continue };
        match normalise(&text) {
            Some(wish) => {
                return Some(VersionWish {
                    wish,
                    file: file.to_owned(),
                });
            }
            None => warnings.push(text::odd_version("Python", file, &text)),
        }
    }
    None
}

/// `python-3.11.4` and `3.11.4` are `3.11`: patch releases stand in for each other. A specifier stays as it is.
pub(crate) fn normalise(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text
        .strip_prefix("python-")
        .or_else(|| text.strip_prefix("cpython-"))
        .unwrap_or(text);
    if bare.starts_with(|c: char| c.is_ascii_digit()) {
        let numbers: Vec<&str> = bare.split('.').take(2).collect();
        let plain = |part: &&str| {
            !part.is_empty() && part.len() < 5 && part.bytes().all(|b| b.is_ascii_digit())
        };
        return numbers.iter().all(plain).then(|| numbers.join("."));
    }
    // Poetry's `^3.11` is possible where no [project] says it; "" takes anything and is no wish.
    let specifier = pyproject::specifier(bare)?;
    let legal = pep440_rs::VersionSpecifiers::from_str(&specifier).is_ok();
    (legal && !specifier.is_empty()).then_some(specifier)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("3.11", Some("3.11"))]
    #[case("3.11.4", Some("3.11"))]
    #[case("python-2.7.18", Some("2.7"))]
    #[case("3", Some("3"))]
    #[case(">=3.10,<3.13", Some(">=3.10,<3.13"))]
    #[case("^3.11", Some(">=3.11,<4"))]
    #[case("pypy3.9-7.3", None)]
    #[case("my-virtualenv", None)]
    #[case("system", None)]
    #[case("3.x", None)]
    fn spellings(#[case] text: &str, #[case] wish: Option<&str>) {
        assert_eq!(super::normalise(text).as_deref(), wish);
    }
}
