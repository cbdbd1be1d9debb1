//! A source tree as detection sees it: names and small texts, nothing else.

use std::collections::BTreeMap;

/// What a path of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link; detection never follows one.
    Link,
}

/// A read-only source tree. Paths are relative, `/`-separated, without `.`, `..` or a leading `/`; the top is `""`.
pub trait SourceTree {
    /// The entries directly in a folder, sorted by name; empty when it is no folder.
    fn list(&self, folder: &str) -> Vec<(String, EntryKind)>;

    /// The text of a regular file of at most 512 KiB; none for anything else, for a link, and for what is not UTF-8.
    fn read(&self, path: &str) -> Option<String>;

    /// What a path is, if it is there.
    fn kind(&self, path: &str) -> Option<EntryKind> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.list(folder)
            .into_iter()
            .find(|(entry, _)| entry == name)
            .map(|(_, kind)| kind)
    }

    /// True when the path is a regular file.
    fn has(&self, path: &str) -> bool {
        self.kind(path) == Some(EntryKind::File)
    }
}

/// A tree in memory: for tests, and for anything that has the files at hand.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    files: BTreeMap<String, String>,
}

impl MemoryTree {
    /// A tree of these files.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .collect(),
        }
    }
}

impl SourceTree for MemoryTree {
    fn list(&self, folder: &str) -> Vec<(String, EntryKind)> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let mut entries: Vec<(String, EntryKind)> = Vec::new();
        for path in self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
        {
            let (name, kind) = match path.split_once('/') {
                Some((name, _)) => (name, EntryKind::Folder),
                None => (path, EntryKind::File),
            };
            if entries.last().is_none_or(|(last, _)| last != name) {
                entries.push((name.to_owned(), kind));
            }
        }
        entries.sort();
        entries.dedup();
        entries
    }

    fn read(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }
}

impl PartialOrd for EntryKind {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EntryKind {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_tree_lists_like_a_folder() {
        let tree = MemoryTree::new([("a/b.txt", "x"), ("a/c/d", ""), ("e", "y")]);
        assert_eq!(
            tree.list(""),
            [
                ("a".into(), EntryKind::Folder),
                ("e".into(), EntryKind::File)
            ]
        );
        assert_eq!(
            tree.list("a"),
            [
                ("b.txt".into(), EntryKind::File),
                ("c".into(), EntryKind::Folder)
            ]
        );
        assert!(tree.has("a/c/d") && !tree.has("a/c") && !tree.has("zzz"));
        assert_eq!(tree.read("e").as_deref(), Some("y"));
    }
}
