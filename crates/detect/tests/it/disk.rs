//! A small tree over a folder on disk, for the example apps. The real one belongs to the crate `source`.

use std::fs;
use std::path::{Path, PathBuf};

use domain::tree::{EntryKind, SourceTree};

pub struct DiskTree(pub PathBuf);

impl SourceTree for DiskTree {
    fn list(&self, folder: &str) -> Vec<(String, EntryKind)> {
        let Ok(entries) = fs::read_dir(self.0.join(folder)) else {
            return Vec::new();
        };
        let mut out: Vec<(String, EntryKind)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let kind = entry.file_type().ok()?;
                let kind = if kind.is_symlink() {
                    EntryKind::Link
                } else if kind.is_dir() {
                    EntryKind::Folder
                } else {
                    EntryKind::File
                };
                Some((entry.file_name().into_string().ok()?, kind))
            })
            .collect();
        out.sort();
        out
    }

    fn read(&self, path: &str) -> Option<String> {
        let path = self.0.join(path);
        fs::symlink_metadata(&path)
            .ok()?
            .is_file()
            .then(|| fs::read_to_string(path).ok())?
    }
}

/// The folder of the example apps.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}
