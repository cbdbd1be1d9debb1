//! Version ranges as npm writes them, for releases. The text comes from a stranger's `package.json`, and the crate for it
//! panics on some (`~*`, `=X`), so they are read here.

use crate::version::Release;

/// A version range of npm. Alternatives, each a list of intervals that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range(Vec<Vec<Interval>>);

/// From the first release on, and below the second.
type Interval = (Release, Option<Release>);

const ZERO: Release = Release(0, 0, 0);
const EVERYTHING: Interval = (ZERO, None);
const NOTHING: Interval = (ZERO, Some(ZERO));

impl Range {
    /// Reads `^20`, `>=18 <21`, `18 || 20.x`, `18.2 - 20`. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let alternatives: Option<Vec<_>> = text
            .split("||")
            .map(|part| alternative(part.trim()))
            .collect();
        alternatives.map(Self)
    }

    /// True for a release inside the range.
    pub fn contains(&self, release: Release) -> bool {
        let holds = |(from, below): &Interval| {
            *from <= release && below.is_none_or(|below| release < below)
        };
        self.0.iter().any(|all| all.iter().all(holds))
    }
}

fn alternative(text: &str) -> Option<Vec<Interval>> {
    if let Some((from, to)) = text.split_once(" - ") {
        return Some(vec![
            compare(">=", Partial::parse(from)?),
            compare("<=", Partial::parse(to)?),
        ]);
    }
    let mut intervals = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let version_at = rest.find(|c| !"<>=~^".contains(c))?;
        let (operator, after) = rest.split_at(version_at);
        let after = after.trim_start();
        let end = after
            .find(|c: char| c.is_whitespace() || "<>=~^,".contains(c))
            .unwrap_or(after.len());
        if !matches!(
            operator,
            "" | "=" | "<" | "<=" | ">" | ">=" | "~" | "~>" | "^"
        ) {
            return None;
        }
        intervals.push(compare(operator, Partial::parse(&after[..end])?));
        rest = after[end..].trim_start_matches([' ', '\t', ',']);
    }
    Some(intervals)
}

/// A version that may leave out its end: `20`, `20.x`, `v20.1.0`.
#[derive(Clone, Copy)]
enum Partial {
    Any,
    Major(u64),
    Minor(u64, u64),
    Full(Release),
}

impl Partial {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        // What follows is a pre-release or a build; no release of a runtime has one.
        let text = text.split(['-', '+']).next().unwrap_or_default();
        let mut numbers = Vec::new();
        for part in text.split('.') {
            match part {
                "x" | "X" | "*" => numbers.push(None),
                _ if !part.is_empty()
                    && part.len() <= 9
                    && part.bytes().all(|byte| byte.is_ascii_digit()) =>
                {
                    numbers.push(part.parse().ok());
                }
                _ => return None,
            }
        }
        match numbers[..] {
            [None] | [None, _] | [None, _, _] => Some(Self::Any),
            [Some(major)] | [Some(major), None] | [Some(major), None, _] => {
                Some(Self::Major(major))
            }
            [Some(major), Some(minor)] | [Some(major), Some(minor), None] => {
                Some(Self::Minor(major, minor))
            }
            [Some(major), Some(minor), Some(patch)] => {
                Some(Self::Full(Release(major, minor, patch)))
            }
            _ => None,
        }
    }

    /// The first release that it means.
    fn first(self) -> Release {
        match self {
            Self::Any => ZERO,
            Self::Major(major) => Release(major, 0, 0),
            Self::Minor(major, minor) => Release(major, minor, 0),
            Self::Full(release) => release,
        }
    }

    /// The first release behind all that it means; none when it means everything.
    fn behind(self) -> Option<Release> {
        match self {
            Self::Any => None,
            Self::Major(major) => Some(Release(major + 1, 0, 0)),
            Self::Minor(major, minor) => Some(Release(major, minor + 1, 0)),
            Self::Full(Release(major, minor, patch)) => Some(Release(major, minor, patch + 1)),
        }
    }
}

fn compare(operator: &str, version: Partial) -> Interval {
    let first = version.first();
    match operator {
        ">=" => (first, None),
        ">" => version.behind().map_or(NOTHING, |behind| (behind, None)),
        "<" => (ZERO, Some(first)),
        "<=" => (ZERO, version.behind()),
        "~" | "~>" => match version {
            Partial::Full(Release(major, minor, _)) => (first, Some(Release(major, minor + 1, 0))),
            _ => (first, version.behind()),
        },
        "^" => match version {
            Partial::Full(Release(0, 0, patch)) => (first, Some(Release(0, 0, patch + 1))),
            Partial::Minor(0, minor) | Partial::Full(Release(0, minor, _)) => {
                (first, Some(Release(0, minor + 1, 0)))
            }
            Partial::Any => EVERYTHING,
            _ => (first, Some(Release(first.0 + 1, 0, 0))),
        },
        _ => (first, version.behind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("^1.2.3", &[(1, 2, 3), (1, 9, 0)], &[(1, 2, 2), (2, 0, 0)])]
    #[case("^0.2.3", &[(0, 2, 3), (0, 2, 9)], &[(0, 3, 0)])]
    #[case("^0.0.3", &[(0, 0, 3)], &[(0, 0, 4)])]
    #[case("^0", &[(0, 9, 9)], &[(1, 0, 0)])]
    #[case("~1.2.3", &[(1, 2, 3), (1, 2, 9)], &[(1, 3, 0)])]
    #[case("~1", &[(1, 9, 0)], &[(2, 0, 0)])]
    #[case(">1.2", &[(1, 3, 0)], &[(1, 2, 9)])]
    #[case("> 1.2.3", &[(1, 2, 4)], &[(1, 2, 3)])]
    #[case("<=1.2", &[(1, 2, 9), (0, 0, 0)], &[(1, 3, 0)])]
    #[case("<2", &[(1, 9, 9)], &[(2, 0, 0)])]
    #[case(">=18.0.0 <21 || 22.x", &[(18, 0, 0), (20, 9, 9), (22, 4, 1)], &[(21, 0, 0), (17, 9, 9)])]
    #[case(">=18,<21", &[(20, 0, 0)], &[(21, 0, 0)])]
    #[case("18 - 20", &[(18, 0, 0), (20, 20, 2)], &[(21, 0, 0)])]
    #[case("=20.1.0", &[(20, 1, 0)], &[(20, 1, 1)])]
    #[case(">=20.1.0-rc.1", &[(20, 1, 0)], &[(20, 0, 9)])]
    #[case("", &[(1, 0, 0)], &[])]
    #[case("~*", &[(1, 0, 0)], &[])]
    #[case(">*", &[], &[(1, 0, 0)])]
    fn ranges(
        #[case] text: &str,
        #[case] inside: &[(u64, u64, u64)],
        #[case] outside: &[(u64, u64, u64)],
    ) {
        let range = Range::parse(text).unwrap();
        assert!(
            inside
                .iter()
                .all(|v| range.contains(Release(v.0, v.1, v.2))),
            "{text}"
        );
        assert!(
            !outside
                .iter()
                .any(|v| range.contains(Release(v.0, v.1, v.2))),
            "{text}"
        );
    }

    #[rstest]
    #[case("=>18")]
    #[case("eighteen")]
    #[case("^")]
    #[case("1.2.3.4")]
    #[case("99999999999999999999")]
    fn what_is_no_range_is_refused(#[case] text: &str) {
        assert_eq!(Range::parse(text), None);
    }
}
