//! What an app wrote into its folder since it was made: it would be lost with its guest.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::layout::GuestDir;
use super::spec::Made;

/// So many are named.
pub(crate) const MOST: usize = 20;
/// Folders that runtimes and tools fill by themselves.
pub(crate) const LEFT_BEHIND: [&str; 8] = [
    "__pycache__",
    ".cache",
    ".npm",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".next",
    "tmp",
];
/// Endings of what runtimes leave behind.
pub(crate) const ENDINGS: [&str; 7] = ["pyc", "pyo", "pid", "sock", "lock", "log", "tmp"];

/// Caches of tools, below the app's folder.
pub(crate) const CACHES: [&str; 2] = ["node_modules/.cache", "node_modules/.vite"];

/// The paths, relative to the app's folder; `persist` names what is kept anyway.
pub fn written(dir: &GuestDir, made: &Made) -> Vec<String> {
    let (top, since) = if made.overlay {
        (dir.upper(), None)
    } else {
        // A copied folder: what changed after the guest was complete.
        (
            dir.app(),
            fs::metadata(dir.complete()).ok().map(|meta| changed(&meta)),
        )
    };
    let counts = |entry: &DirEntry| {
        let relative = entry.path().strip_prefix(&top).unwrap_or(entry.path());
        !is_left_behind(relative)
            && !made
                .spec
                .persist
                .iter()
                .any(|kept| relative.starts_with(kept.trim_start_matches("./")))
    };
    WalkDir::new(&top)
        .min_depth(1)
        .into_iter()
        .filter_entry(counts)
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| {
            since.is_none_or(|since| entry.metadata().is_ok_and(|meta| changed(&meta) > since))
        })
        .filter_map(|entry| {
            Some(
                entry
                    .path()
                    .strip_prefix(&top)
                    .ok()?
                    .to_string_lossy()
                    .into_owned(),
            )
        })
        .take(MOST)
        .collect()
}

fn changed(meta: &fs::Metadata) -> (i64, i64) {
    (meta.ctime(), meta.ctime_nsec())
}

fn is_left_behind(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    LEFT_BEHIND.contains(&name.as_ref())
        || path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
        || CACHES.iter().any(|cache| path.starts_with(cache))
}
