//! What a repository asks for, and what answers it.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::install::Release;
use domain::node_range::Range;

/// A wish for a version.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    /// `3.11`, `20`: any release that begins so.
    Series(Vec<u64>),
    /// `3.11.7`: this release; another patch of the same minor will do, with a warning.
    Exact(Release),
    /// A specifier of PEP 440.
    Python(VersionSpecifiers),
    /// A range of npm's semver.
    Node(Range),
    /// An even major of Node, so one with long-term support.
    LongTerm,
    /// Whatever there is.
    Any,
}

/// How well a release answers a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    No,
    /// The same minor with another patch.
    OtherPatch,
    Yes,
}

impl Wish {
    /// Reads a wish for Python: a specifier, a bare version, what pyenv, poetry and `runtime.txt` write. None for what
    /// cannot be read, such as PyPy.
    pub fn python(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = ["python-", "cpython-", "python", "cpython@", "v"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(text)
            .trim();
        if text.is_empty() || text == "*" {
            return Some(Wish::Any);
        }
        if let Some(bare) = bare(text) {
            return Some(bare);
        }
        if let Some(exact) = text
            .strip_prefix("==")
            .map(|rest| rest.trim_start_matches('=').trim())
            .and_then(bare)
            && matches!(exact, Wish::Exact(_))
        {
            return Some(exact);
        }
        let parts: Option<Vec<String>> = text
            .split(',')
            .map(|part| python_specifier(part.trim()))
            .collect();
        VersionSpecifiers::from_str(&parts?.join(","))
            .ok()
            .map(Wish::Python)
    }

    /// Reads a wish for Node: a range of npm's, a bare version, what nvm and asdf write.
    pub fn node(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("node-").unwrap_or(text);
        match text.to_ascii_lowercase().as_str() {
            "" | "*" | "x" | "node" | "latest" | "current" | "stable" | "system" => {
                return Some(Wish::Any);
            }
            "lts" | "lts/*" | "lts/-0" | "--lts" => return Some(Wish::LongTerm),
            name => {
                if let Some(major) = name.strip_prefix("lts/").map(lts_major) {
                    return major.map(|major| Wish::Series(vec![major]));
                }
            }
        }
        if let Some(bare) = bare(text.strip_prefix('v').unwrap_or(text)) {
            return Some(bare);
        }
        Range::parse(text).map(Wish::Node)
    }

    /// How well this release answers.
    pub fn fit(&self, release: Release) -> Fit {
        let Release(major, minor, patch) = release;
        let good = match self {
            Wish::Any => true,
            Wish::LongTerm => major % 2 == 0,
            Wish::Series(begin) => [major, minor, patch].starts_with(begin),
            Wish::Exact(wanted) if *wanted == release => true,
            Wish::Exact(wanted) if (wanted.0, wanted.1) == (major, minor) => {
                return Fit::OtherPatch;
            }
            Wish::Exact(_) => false,
            Wish::Python(specifiers) => specifiers.contains(&Version::new([major, minor, patch])),
            Wish::Node(range) => range.contains(release),
        };
        if good { Fit::Yes } else { Fit::No }
    }
}

/// `3`, `3.11`, `3.11.x`, `3.11.*`, `3.11.7`.
fn bare(text: &str) -> Option<Wish> {
    let parts: Vec<&str> = text.split('.').collect();
    let numbers: Vec<u64> = parts.iter().map_while(|part| part.parse().ok()).collect();
    let rest_is_open = parts[numbers.len()..]
        .iter()
        .all(|part| matches!(*part, "x" | "X" | "*"));
    if numbers.is_empty() || parts.len() > 3 || !rest_is_open {
        return None;
    }
    Some(match numbers[..] {
        [major, minor, patch] => Wish::Exact(Release(major, minor, patch)),
        _ => Wish::Series(numbers),
    })
}

/// Poetry's `^3.10` and `~3.10` as PEP 440 writes them; a bare version inside a list is meant exactly.
fn python_specifier(part: &str) -> Option<String> {
    if let Some(from) = part.strip_prefix('^') {
        let major = numbers(from)?.first()? + 1;
        return Some(format!(">={from},<{major}"));
    }
    if let Some(from) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        let below = match numbers(from)?[..] {
            [major] => format!("{}", major + 1),
            [major, minor, ..] => format!("{major}.{}", minor + 1),
            [] => return None,
        };
        return Some(format!(">={from},<{below}"));
    }
    match bare(part) {
        Some(Wish::Series(begin)) => {
            let begin: Vec<String> = begin.iter().map(u64::to_string).collect();
            Some(format!("=={}.*", begin.join(".")))
        }
        Some(Wish::Exact(release)) => Some(format!("=={release}")),
        _ => Some(part.to_owned()),
    }
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// Node's long-term lines have names; a name that is not here is newer than this list.
fn lts_major(name: &str) -> Option<u64> {
    const NAMES: [&str; 11] = [
        "argon", "boron", "carbon", "dubnium", "erbium", "fermium", "gallium", "hydrogen", "iron",
        "jod", "krypton",
    ];
    let at = NAMES.iter().position(|known| *known == name)?;
    Some(4 + 2 * at as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn release(text: &str) -> Release {
        let parts = numbers(text).unwrap();
        Release(parts[0], parts[1], parts[2])
    }

    #[rstest]
    #[case("3.11", "3.11.7", Fit::Yes)]
    #[case("3.1", "3.11.7", Fit::No)]
    #[case("3", "3.13.0", Fit::Yes)]
    #[case("3.11.7", "3.11.7", Fit::Yes)]
    #[case("3.11.9", "3.11.7", Fit::OtherPatch)]
    #[case("python-3.11.9", "3.11.7", Fit::OtherPatch)]
    #[case("==3.11.9", "3.11.7", Fit::OtherPatch)]
    #[case("3.12.0", "3.11.7", Fit::No)]
    #[case("3.11.*", "3.11.7", Fit::Yes)]
    #[case("==3.11.*", "3.11.7", Fit::Yes)]
    #[case(">=3.10,<3.13", "3.12.1", Fit::Yes)]
    #[case(">=3.10, <3.13", "3.13.0", Fit::No)]
    #[case("~=3.10", "3.13.0", Fit::Yes)]
    #[case("^3.10", "3.13.0", Fit::Yes)]
    #[case("^3.10", "3.9.18", Fit::No)]
    #[case("~3.10", "3.10.13", Fit::Yes)]
    #[case("~3.10", "3.11.7", Fit::No)]
    #[case("!=3.11.*,>=3.9", "3.11.7", Fit::No)]
    #[case("", "3.11.7", Fit::Yes)]
    fn python_wishes(#[case] wish: &str, #[case] version: &str, #[case] fit: Fit) {
        assert_eq!(Wish::python(wish).unwrap().fit(release(version)), fit);
    }

    #[rstest]
    #[case("20", "20.20.2", Fit::Yes)]
    #[case("v20.11.1", "20.11.1", Fit::Yes)]
    #[case("v20.11.1", "20.11.3", Fit::OtherPatch)]
    #[case("v20.11.1", "20.20.2", Fit::No)]
    #[case("^20", "20.20.2", Fit::Yes)]
    #[case(">=18", "20.20.2", Fit::Yes)]
    #[case("^18 || ^20", "20.20.2", Fit::Yes)]
    #[case(">=18 <20", "20.20.2", Fit::No)]
    #[case("20.x", "20.20.2", Fit::Yes)]
    #[case("lts/*", "20.20.2", Fit::Yes)]
    #[case("lts/*", "21.1.0", Fit::No)]
    #[case("lts/iron", "20.20.2", Fit::Yes)]
    #[case("lts/Hydrogen", "20.20.2", Fit::No)]
    #[case("node", "23.1.0", Fit::Yes)]
    #[case("~*", "23.1.0", Fit::Yes)]
    #[case("^20 || ~ x", "23.1.0", Fit::Yes)]
    fn node_wishes(#[case] wish: &str, #[case] version: &str, #[case] fit: Fit) {
        assert_eq!(Wish::node(wish).unwrap().fit(release(version)), fit);
    }

    #[rstest]
    #[case("pypy3.10-7.3")]
    #[case("three")]
    #[case(">=")]
    fn what_cannot_be_read_is_not_guessed(#[case] wish: &str) {
        assert!(Wish::python(wish).is_none());
    }

    #[test]
    fn an_unknown_long_term_name_is_not_guessed() {
        assert!(Wish::node("lts/tomorrow").is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn no_text_panics(text in "[0-9.<>=!~^,|xX*a-b /+-]{0,16}") {
            let _ = Wish::python(&text);
            let _ = Wish::node(&text);
        }
    }
}
