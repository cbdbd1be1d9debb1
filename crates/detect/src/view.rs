//! One folder of the tree as a framework sees it: paths are relative to it.

use domain::tree::{EntryKind, SourceTree};

use crate::index::{Index, join, split};

/// A folder of a source tree, taken as the app's own.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    tree: &'a dyn SourceTree,
    index: &'a Index,
    root: &'a str,
}

impl<'a> View<'a> {
    /// The view of one folder; the top is `""`.
    pub(crate) fn new(tree: &'a dyn SourceTree, index: &'a Index, root: &'a str) -> Self {
        Self { tree, index, root }
    }

    /// The folder's path inside the repository.
    pub(crate) fn root(&self) -> &'a str {
        self.root
    }

    /// True when the path is a regular file, wherever it is.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.kind(path) == Some(EntryKind::File)
    }

    /// True when the path is a folder.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        self.kind(path) == Some(EntryKind::Folder)
    }

    /// The text of a regular file. A byte-order mark is not part of it.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        if !self.has(path) {
            return None;
        }
        let text = self.tree.read(&join(self.root, path))?;
        match text.strip_prefix('\u{feff}') {
            Some(rest) => Some(rest.to_owned()),
            None => Some(text),
        }
    }

    /// The regular files that are known, as paths relative to the folder.
    pub(crate) fn files(&self) -> impl Iterator<Item = &'a str> + 'a {
        self.index
            .below(self.root)
            .filter(|(_, kind)| *kind == EntryKind::File)
            .map(|(path, _)| path)
    }

    /// The first of these files that is there.
    pub(crate) fn first_of<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.has(name))
    }

    /// Asks the tree itself where the index does not reach (an ignored or deep folder), without passing through a link.
    fn kind(&self, path: &str) -> Option<EntryKind> {
        let full = join(self.root, path);
        if let Some(kind) = self.index.kind(&full) {
            return Some(kind);
        }
        if self.index.knows(split(&full).0) {
            return None;
        }
        let mut so_far = String::new();
        let mut kind = None;
        for part in full.split('/') {
            so_far = join(&so_far, part);
            kind = match self.index.kind(&so_far) {
                Some(known) => Some(known),
                None => self.tree.kind(&so_far),
            };
            match kind {
                Some(EntryKind::Folder) => {}
                Some(EntryKind::File) if so_far == full => {}
                _ => return None,
            }
        }
        kind
    }
}
