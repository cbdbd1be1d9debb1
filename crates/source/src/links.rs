//! Links that lead out of the tree are refused, whatever detour they take.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// A chain longer than the kernel follows leads nowhere.
const HOPS: usize = 40;

/// The first link, in the order of the paths, that leads out; with its target. Targets need not be there.
pub(crate) fn first_out(links: &BTreeMap<PathBuf, PathBuf>) -> Option<(&Path, &Path)> {
    let mut all = links.iter();
    all.find(|(path, _)| leads_out(links, path))
        .map(|(path, target)| (path.as_path(), target.as_path()))
}

/// Walks as the kernel does: through links in the middle of a path, too.
fn leads_out(links: &BTreeMap<PathBuf, PathBuf>, link: &Path) -> bool {
    let mut here = PathBuf::new();
    let mut todo: Vec<PathBuf> = parts(link);
    let mut hops = 0;
    while let Some(part) = todo.pop() {
        if part == Path::new("..") {
            if !here.pop() {
                return true;
            }
            continue;
        }
        here.push(part);
        let Some(target) = links.get(&here) else {
            continue;
        };
        hops += 1;
        if target.is_absolute() {
            return true;
        }
        if hops > HOPS {
            return false;
        }
        here.pop();
        todo.extend(parts(target));
    }
    false
}

/// The parts of a path, the last first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(PathBuf::from(name)),
        Component::ParentDir => Some(PathBuf::from("..")),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    path.components().rev().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn out(links: &[(&str, &str)]) -> Option<String> {
        let links = links
            .iter()
            .map(|(path, target)| (PathBuf::from(path), PathBuf::from(target)))
            .collect();
        first_out(&links).map(|(path, _)| path.display().to_string())
    }

    #[rstest]
    #[case(&[("a", "b")])]
    #[case(&[("x/a", "../b/c")])]
    #[case(&[("x/y/a", "../..")])]
    #[case(&[("a", ".")])]
    #[case(&[("a", "b"), ("b", "a")])]
    #[case(&[("a", "a/a")])]
    fn links_within_are_taken(#[case] links: &[(&str, &str)]) {
        assert_eq!(out(links), None);
    }

    #[rstest]
    #[case(&[("a", "/etc/passwd")], "a")]
    #[case(&[("a", "/")], "a")]
    #[case(&[("a", "..")], "a")]
    #[case(&[("x/a", "../../etc")], "x/a")]
    #[case(&[("x/a", "y/../../..")], "x/a")]
    // Lexically inside, but through the first link it climbs.
    #[case(&[("d/e/up", "../.."), ("z", "d/e/up/../x")], "z")]
    #[case(&[("a", "b/x"), ("b", "/usr")], "a")]
    fn links_out_are_found(#[case] links: &[(&str, &str)], #[case] first: &str) {
        assert_eq!(out(links).as_deref(), Some(first));
    }
}
