//! The version of Node.js that a repository asks for.

use domain::plan::VersionWish;
use serde_json::{Map, Value};

use crate::text;
use crate::versions;
use crate::view::View;

/// The code names of the long-term releases, as `lts/iron` in `.nvmrc`.
const LTS: [(&str, &str); 6] = [
    ("fermium", "14"),
    ("gallium", "16"),
    ("hydrogen", "18"),
    ("iron", "20"),
    ("jod", "22"),
    ("krypton", "24"),
];

/// The wish: `engines.node`, `.nvmrc`, `.node-version`, `.tool-versions`, in this order.
pub(super) fn wish(
    view: &View<'_>,
    json: &Map<String, Value>,
    warnings: &mut Vec<String>,
) -> Option<VersionWish> {
    let engines = json.get("engines").and_then(|engines| engines.get("node"));
    let sources = [
        (
            "package.json",
            engines.and_then(Value::as_str).map(str::to_owned),
        ),
        (".nvmrc", versions::first_line(view, ".nvmrc")),
        (".node-version", versions::first_line(view, ".node-version")),
        (
            ".tool-versions",
            versions::tool_version(view, "nodejs").or_else(|| versions::tool_version(view, "node")),
        ),
    ];
    for (file, text) in sources {
        let Some(text) = text else { continue };
        match normalise(&text) {
            Read::Wish(wish) => {
                return Some(VersionWish {
                    wish,
                    file: file.to_owned(),
                });
            }
            Read::Any => return None,
            Read::Odd => warnings.push(text::odd_version("Node.js", file, &text)),
        }
    }
    None
}

#[derive(Debug, PartialEq)]
enum Read {
    Wish(String),
    Any,
    Odd,
}

/// The wish of `[app] node` in `havre.toml`; none when it is no range of versions.
pub(crate) fn checked(text: &str) -> Option<String> {
    match normalise(text) {
        Read::Wish(wish) => Some(wish),
        Read::Any | Read::Odd => None,
    }
}

/// An exact version becomes its major one (`v20.11.0` is `20`): within it, releases stand in for each other. A range stays.
fn normalise(text: &str) -> Read {
    let text = text.trim();
    if matches!(
        text,
        "*" | "" | "lts/*" | "node" | "latest" | "stable" | "lts" | "x"
    ) {
        return Read::Any;
    }
    if let Some(name) = text.strip_prefix("lts/") {
        let known = LTS.iter().find(|(lts, _)| *lts == name);
        return known.map_or(Read::Odd, |(_, major)| Read::Wish((*major).to_owned()));
    }
    let bare = text.trim_start_matches(['v', '=']);
    let numbers: Vec<&str> = bare.split('.').collect();
    let number = |part: &&str| {
        !part.is_empty() && part.len() < 5 && part.bytes().all(|b| b.is_ascii_digit())
    };
    if numbers.len() <= 3 && numbers.iter().all(number) {
        return Read::Wish(numbers[0].to_owned());
    }
    if text.len() <= 100 && domain::node_range::Range::parse(text).is_some() {
        Read::Wish(text.to_owned())
    } else {
        Read::Odd
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("v20.11.0", Read::Wish("20".into()))]
    #[case("20", Read::Wish("20".into()))]
    #[case(">=18", Read::Wish(">=18".into()))]
    #[case("^18 || ^20", Read::Wish("^18 || ^20".into()))]
    #[case("20.x", Read::Wish("20.x".into()))]
    #[case("lts/iron", Read::Wish("20".into()))]
    #[case("lts/*", Read::Any)]
    #[case("$(id)", Read::Odd)]
    #[case("iojs", Read::Odd)]
    fn spellings(#[case] text: &str, #[case] wish: Read) {
        assert_eq!(normalise(text), wish);
    }
}
