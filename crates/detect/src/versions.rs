//! Versions: reading the small files that name one, and telling whether what is there is what was asked for.

use std::str::FromStr;

use domain::plan::Runtime;

use crate::view::View;

/// The first line of a version file that says something.
pub(crate) fn first_line(view: &View<'_>, file: &str) -> Option<String> {
    let content = view.read(file)?;
    content
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .find(|line| !line.is_empty())
        .map(|line| line.chars().take(100).collect())
}

/// The version of a tool in `.tool-versions` (asdf, mise).
pub(crate) fn tool_version(view: &View<'_>, tool: &str) -> Option<String> {
    let content = view.read(".tool-versions")?;
    content.lines().take(1000).find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(tool)).then(|| words.next().map(str::to_owned))?
    })
}

/// True when a runtime of version `have` (`3.11.7`, `20.20.2`) is what a plan's wish asks for. A bare wish (`3.11`, `20`)
/// takes every version that begins with it. What cannot be read is not a match.
pub fn satisfies(runtime: Runtime, wish: &str, have: &str) -> bool {
    let have = have.trim().trim_start_matches('v');
    match runtime {
        Runtime::Python => python(wish.trim(), have),
        Runtime::Node => node(wish.trim(), have),
        Runtime::Static | Runtime::Shell => true,
    }
}

fn python(wish: &str, have: &str) -> bool {
    if wish.starts_with(|c: char| c.is_ascii_digit()) {
        return begins_with(have, wish);
    }
    let wish = pep440_rs::VersionSpecifiers::from_str(wish);
    let have = pep440_rs::Version::from_str(have);
    matches!((wish, have), (Ok(wish), Ok(have)) if wish.contains(&have))
}

fn node(wish: &str, have: &str) -> bool {
    let wish = domain::node_range::Range::parse(wish);
    let have = domain::version::Release::parse(have);
    matches!((wish, have), (Some(wish), Some(have)) if wish.contains(have))
}

fn begins_with(have: &str, wish: &str) -> bool {
    let mut have = have.split('.');
    wish.split('.').all(|part| have.next() == Some(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Runtime::Python, "3.11", "3.11.7", true)]
    #[case(Runtime::Python, "3.1", "3.11.7", false)]
    #[case(Runtime::Python, "2.7", "3.11.7", false)]
    #[case(Runtime::Python, ">=3.10,<3.13", "3.11.7", true)]
    #[case(Runtime::Python, ">=3.12", "3.11.7", false)]
    #[case(Runtime::Node, "20", "v20.20.2", true)]
    #[case(Runtime::Node, ">=18", "20.20.2", true)]
    #[case(Runtime::Node, "^18.1", "20.20.2", false)]
    #[case(Runtime::Node, "nonsense!", "20.20.2", false)]
    #[case(Runtime::Static, "anything", "", true)]
    fn what_is_there_and_what_was_asked(
        #[case] runtime: Runtime,
        #[case] wish: &str,
        #[case] have: &str,
        #[case] good: bool,
    ) {
        assert_eq!(satisfies(runtime, wish, have), good);
    }
}
