//! A bounded list of what is in a source tree. Everything else in this crate asks it instead of walking the tree.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::tree::{EntryKind, SourceTree};

/// At most this many entries are looked at; a larger tree is known by its upper part.
const MAX_ENTRIES: usize = 4000;
/// Folders below this depth are not looked into.
const MAX_DEPTH: usize = 4;
/// A longer name is nobody's application and would only bloat the sentences.
const MAX_NAME: usize = 200;

/// Folders of tools and of installed dependencies. What is in them says nothing about the app.
const IGNORED: [&str; 12] = [
    "node_modules",
    "bower_components",
    "venv",
    "env",
    "virtualenv",
    "__pycache__",
    "site-packages",
    "__pypackages__",
    "vendor",
    "target",
    "htmlcov",
    "__MACOSX",
];

/// Files and folders of a tree, breadth first up to a bound, links left out.
pub(crate) struct Index {
    entries: BTreeMap<String, EntryKind>,
    listed: BTreeSet<String>,
    /// True when the tree is larger than the bound.
    pub(crate) cut: bool,
}

impl Index {
    /// Reads the upper part of what is below a folder; `""` is the whole tree.
    pub(crate) fn of(tree: &dyn SourceTree, start: &str) -> Self {
        let mut index = Self {
            entries: BTreeMap::new(),
            listed: BTreeSet::new(),
            cut: false,
        };
        // Breadth first, so that the bound cuts what is deep and not what comes late in the alphabet.
        let mut folders = VecDeque::from([(start.to_owned(), 1usize)]);
        while let Some((folder, depth)) = folders.pop_front() {
            for (name, kind) in tree.list(&folder) {
                if index.entries.len() >= MAX_ENTRIES {
                    index.cut = true;
                    return index;
                }
                if !is_plain(&name) || kind == EntryKind::Link {
                    continue;
                }
                let path = join(&folder, &name);
                if kind == EntryKind::Folder && !is_ignored(&name) && depth < MAX_DEPTH {
                    folders.push_back((path.clone(), depth + 1));
                }
                index.entries.insert(path, kind);
            }
            index.listed.insert(folder);
        }
        index
    }

    /// What a path is, if it is known.
    pub(crate) fn kind(&self, path: &str) -> Option<EntryKind> {
        self.entries.get(path).copied()
    }

    /// True when every entry of the folder is known, so that what is not here is not there.
    pub(crate) fn knows(&self, folder: &str) -> bool {
        self.listed.contains(folder)
    }

    /// All known paths below a folder, relative to it, in the order of their names.
    pub(crate) fn below<'a>(
        &'a self,
        folder: &'a str,
    ) -> impl Iterator<Item = (&'a str, EntryKind)> + 'a {
        let start = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let skip = start.len();
        let prefix = start.clone();
        self.entries
            .range(start..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .map(move |(path, kind)| (&path[skip..], *kind))
    }
}

fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || IGNORED.contains(&name) || name.ends_with(".egg-info")
}

/// A tree should give plain names; one that does not is not followed.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && name.len() <= MAX_NAME
        && !name.contains(['/', '\0'])
        && !name.chars().any(char::is_control)
}

/// A path below a folder; the top folder is empty.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else if name.is_empty() {
        folder.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The folder and the last part of a path.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A path from the repository's own text, made plain: `./a//b/` is `a/b`, `.` is the top. None when it is absolute,
/// climbs with `..`, or holds what no sane path holds.
pub(crate) fn clean_path(text: &str) -> Option<String> {
    if text.starts_with('/') || text.len() > 500 || text.chars().any(char::is_control) {
        return None;
    }
    let parts: Vec<&str> = text
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    let sane = parts
        .iter()
        .all(|part| *part != ".." && !part.contains('\\'));
    sane.then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::tree::MemoryTree;
    use rstest::rstest;

    #[rstest]
    #[case("a/b", Some("a/b"))]
    #[case("./a//b/", Some("a/b"))]
    #[case(".", Some(""))]
    #[case("../a", None)]
    #[case("a/../../b", None)]
    #[case("/etc", None)]
    #[case("a\\..\\b", None)]
    #[case("a\nb", None)]
    fn paths_stay_inside(#[case] text: &str, #[case] clean: Option<&str>) {
        assert_eq!(clean_path(text).as_deref(), clean);
    }

    #[test]
    fn a_folder_is_listed_without_its_name_and_its_neighbours() {
        let tree = MemoryTree::new([
            ("a/x", ""),
            ("a/b/y", ""),
            ("ab/z", ""),
            ("node_modules/m/i", ""),
        ]);
        let index = Index::of(&tree, "");
        let below: Vec<&str> = index.below("a").map(|(path, _)| path).collect();
        assert_eq!(below, ["b", "b/y", "x"]);
        assert_eq!(index.kind("node_modules/m"), None);
    }

    #[test]
    fn a_huge_tree_is_cut_below_and_not_at_the_top() {
        let names: Vec<String> = (0..5000).map(|i| format!("a/{i:05}.txt")).collect();
        let files = names.iter().map(|name| (name.as_str(), ""));
        let index = Index::of(&MemoryTree::new(files.chain([("z.py", "")])), "");
        assert!(index.cut && index.kind("z.py").is_some());
    }
}
