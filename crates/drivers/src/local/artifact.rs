//! Sealing: an app's folder becomes an artifact, named by the hash of what is in it.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use domain::guest::Sealed;
use domain::ports::DriverError;
use domain::{ArtifactId, GuestId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::content::{self, Body};
use super::create::private_folder;
use super::files;
use super::layout::Layout;
use super::spec;
use super::trees;
use super::trouble::On;

/// What sealing gave, written before the folder is moved: a call that is made again finds it.
#[derive(Serialize, Deserialize)]
struct Note {
    id: ArtifactId,
    bytes: u64,
}

/// Seals the app's folder of a build guest. Blocks: hashing reads every file.
pub fn seal(layout: &Layout, guest: &GuestId) -> Result<Sealed, DriverError> {
    let made = spec::read(layout, guest)?;
    let dir = layout.guest(guest);
    let note: Option<Note> = files::read_json(&dir.sealed()).on("read the seal")?;
    if let Some(note) = note
        && layout.artifact(&made.spec.deployment, &note.id).is_dir()
    {
        return Ok(sealed(note));
    }
    let id = hash(&dir.app()).on("hash the app's folder")?;
    let id: ArtifactId = id
        .parse()
        .map_err(io::Error::other)
        .on("name the artifact")?;
    let bytes = trees::used(&dir.app(), u64::MAX);
    let note = Note { id, bytes };
    files::write_json(&dir.sealed(), &note, true).on("write the seal")?;
    let folder = layout.artifact(&made.spec.deployment, &note.id);
    if !folder.is_dir() {
        private_folder(&layout.artifacts(&made.spec.deployment))
            .on("make the artifacts' folder")?;
        fs::rename(dir.app(), &folder).on("move the artifact")?;
    }
    Ok(sealed(note))
}

/// Asks the kernel to write down what was sealed; takes as long as the disk does, so nobody waits for it.
pub fn settle(layout: &Layout) {
    if let Ok(folder) = File::open(layout.top()) {
        // A failure is the disk's, and shows again at the next use.
        let _ = nix::unistd::syncfs(&folder);
    }
}

fn sealed(note: Note) -> Sealed {
    Sealed {
        id: note.id,
        bytes: note.bytes,
    }
}

/// SHA-256 over paths, kinds, modes, link targets and bytes; times and owners do not count.
pub fn hash(folder: &Path) -> io::Result<String> {
    let mut entries = Vec::new();
    for entry in WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        entries.push(entry?.into_path());
    }
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let shares: Vec<&[PathBuf]> = entries.chunks(content::SHARE).collect();
    let mut parts: Vec<(usize, Vec<u8>)> = std::thread::scope(|scope| {
        let worker = || hash_shares(folder, &shares, &next);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let mut parts = Vec::new();
        for worker in workers {
            parts.extend(
                worker
                    .join()
                    .map_err(|_| io::Error::other("a hashing thread died"))??,
            );
        }
        Ok::<_, io::Error>(parts)
    })?;
    parts.sort_unstable_by_key(|(index, _)| *index);
    let mut all = Sha256::new();
    for (_, part) in parts {
        all.update(part);
    }
    Ok(hex::encode(all.finalize()))
}

type Part = (usize, Vec<u8>);

fn hash_shares(
    top: &Path,
    shares: &[&[PathBuf]],
    next: &std::sync::atomic::AtomicUsize,
) -> io::Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut buffer = vec![0u8; 64 * 1024];
    loop {
        let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let Some(share) = shares.get(index) else {
            return Ok(parts);
        };
        let mut hasher = Sha256::new();
        for path in *share {
            entry(top, path, &mut hasher, &mut buffer)?;
        }
        parts.push((index, hasher.finalize().to_vec()));
    }
}

fn entry(top: &Path, path: &Path, hasher: &mut Sha256, buffer: &mut [u8]) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    let relative = path.strip_prefix(top).map_err(io::Error::other)?;
    let name = relative.as_os_str().as_bytes();
    let mode = meta.permissions().mode();
    if meta.is_symlink() {
        let target = fs::read_link(path)?;
        let body = Body::Link(target.as_os_str().as_bytes());
        content::entry(hasher, name, mode, body, buffer)
    } else if meta.is_file() {
        let body = Body::File(meta.len(), &mut File::open(path)?);
        content::entry(hasher, name, mode, body, buffer)
    } else {
        content::entry(hasher, name, mode, Body::None, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_sees_names_bytes_modes_and_links_and_not_times() {
        let top = tempfile::tempdir().unwrap();
        let make = |name: &str, file: &str, bytes: &str, mode: u32, link: &str| {
            let tree = top.path().join(name);
            fs::create_dir(&tree).unwrap();
            fs::write(tree.join(file), bytes).unwrap();
            fs::set_permissions(tree.join(file), fs::Permissions::from_mode(mode)).unwrap();
            std::os::unix::fs::symlink(link, tree.join("link")).unwrap();
            hash(&tree).unwrap()
        };
        let first = make("a", "f", "x", 0o644, "y");
        assert_eq!(first, make("b", "f", "x", 0o644, "y"));
        assert_ne!(first, make("c", "g", "x", 0o644, "y"));
        assert_ne!(first, make("d", "f", "z", 0o644, "y"));
        assert_ne!(first, make("e", "f", "x", 0o755, "y"));
        assert_ne!(first, make("g", "f", "x", 0o644, "z"));
        assert!(first.parse::<ArtifactId>().is_ok());
    }
}
