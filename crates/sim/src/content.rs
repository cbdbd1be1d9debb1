//! The files of a guest or an artifact.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use domain::ArtifactId;
use sha2::{Digest, Sha256};

/// Relative path to what stands there.
pub(crate) type Content = BTreeMap<String, Entry>;

/// A file or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    File(Vec<u8>),
    Link(String),
}

/// Reads a folder of this machine. Tests use small trees, so it reads at once.
pub(crate) fn read_folder(folder: &Path) -> io::Result<Content> {
    let mut content = Content::new();
    let mut open = vec![(folder.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push((entry.path(), format!("{path}/")));
            } else if kind.is_symlink() {
                let target = std::fs::read_link(entry.path())?;
                content.insert(path, Entry::Link(target.to_string_lossy().into_owned()));
            } else {
                content.insert(path, Entry::File(std::fs::read(entry.path())?));
            }
        }
    }
    Ok(content)
}

/// The id of an artifact with this content: equal contents have equal ids.
pub(crate) fn id_of(content: &Content) -> ArtifactId {
    let mut hash = Sha256::new();
    for (path, entry) in content {
        let (kind, bytes) = match entry {
            Entry::File(bytes) => (b'f', bytes.as_slice()),
            Entry::Link(target) => (b'l', target.as_bytes()),
        };
        hash.update([kind]);
        for part in [path.as_bytes(), bytes] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    match hex::encode(hash.finalize()).parse() {
        Ok(id) => id,
        Err(error) => unreachable!("64 hexadecimal digits are an id: {error}"),
    }
}

/// Bytes of all files.
pub(crate) fn bytes_of(content: &Content) -> u64 {
    let size = |entry: &Entry| match entry {
        Entry::File(bytes) => bytes.len() as u64,
        Entry::Link(target) => target.len() as u64,
    };
    content.values().map(size).sum()
}
