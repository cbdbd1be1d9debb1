//! The app's folder: filled from this machine, made into an artifact, filled from one.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::guest::{APP_DIR, Sealed};
use domain::ports::DriverError;
use domain::{ArtifactId, DeploymentId};
use walkdir::WalkDir;

use super::super::artifacts::Artifacts;
use super::enter::SHORT;
use super::files::done;
use super::pipe;
use super::shell::{Exit, Said, Shell};
use crate::local::shared::blocking;
use crate::text::inside as text;

const FOLDER: &str = include_str!("scripts/folder.sh");

/// Copies a tree of this machine into it.
pub async fn put(shell: &dyn Shell, tree: &Path) -> Result<(), DriverError> {
    let tree: Arc<PathBuf> = Arc::new(tree.to_owned());
    replace(shell, "copy the source", move |out| pack(&tree, out)).await
}

/// Fills it from an artifact.
pub async fn unpack(
    shell: &dyn Shell,
    artifacts: &Artifacts,
    deployment: &DeploymentId,
    id: &ArtifactId,
) -> Result<(), DriverError> {
    let (artifacts, deployment, id) = (artifacts.clone(), *deployment, id.clone());
    let archive = blocking(move || artifacts.open(&deployment, &id)).await?;
    replace(shell, "unpack the artifact", move |out| archive.unpack(out)).await
}

/// In two steps: what a cut connection left is never taken for the whole.
async fn replace(
    shell: &dyn Shell,
    what: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> Result<(), DriverError> {
    let script = |step| ["/bin/sh", "-c", FOLDER, "havre-folder", step];
    let said = pipe::upload(shell, &script("take"), write).await?;
    done(what, said)?;
    let said = shell.run(&script("name"), b"", SHORT * 5).await?;
    done(what, said).map(drop)
}

/// Makes it into an artifact.
pub async fn seal(
    shell: &dyn Shell,
    artifacts: &Artifacts,
    deployment: &DeploymentId,
) -> Result<Sealed, DriverError> {
    let argv = [
        "tar",
        "--create",
        "--directory",
        APP_DIR,
        "--sort=name",
        "--format=gnu",
    ];
    let argv = [
        &argv[..],
        &["--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"],
    ]
    .concat();
    let argv = [&argv[..], &["--hard-dereference", "--one-file-system", "."]].concat();
    let (artifacts, deployment) = (artifacts.clone(), *deployment);
    let (said, taken) = pipe::download(shell, &argv, move |archive| {
        artifacts.take(&deployment, archive)
    })
    .await?;
    whole(&said)?;
    let taken = taken?;
    blocking(move || taken.keep()).await
}

/// The archive is worth something only when the one who made it is content.
fn whole(said: &Said) -> Result<(), DriverError> {
    match said.exit {
        Exit::Code(0) => Ok(()),
        Exit::Code(1) => Err(DriverError::Transient(text::CHANGED_WHILE_READ.into())),
        _ => Err(text::failed("read the app's folder", &said.stderr)),
    }
}

/// A tree as an archive: links stay links, set-uid bits and special files are left out.
fn pack(tree: &Path, out: &mut dyn Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(out);
    archive.sparse(false);
    for entry in WalkDir::new(tree).min_depth(1).sort_by_file_name() {
        let entry = entry?;
        let path = entry.path().strip_prefix(tree).map_err(io::Error::other)?;
        let kind = entry.file_type();
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        if kind.is_symlink() {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_mode(0o777);
            let target = std::fs::read_link(entry.path())?;
            link(&mut archive, &mut header, path, &target)?;
            continue;
        }
        let meta = entry.metadata()?;
        header.set_mode(meta.permissions().mode() & 0o755 | 0o600);
        if kind.is_dir() {
            header.set_entry_type(tar::EntryType::Directory);
            archive.append_data(&mut header, path, io::empty())?;
        } else if kind.is_file() {
            header.set_size(meta.len());
            archive.append_data(&mut header, path, Exactly::of(entry.path(), meta.len())?)?;
        }
    }
    archive.finish()
}

fn link(
    archive: &mut tar::Builder<&mut dyn Write>,
    header: &mut tar::Header,
    path: &Path,
    target: &Path,
) -> io::Result<()> {
    // The library would tidy the target up; a link is a text.
    if target.as_os_str().as_bytes().len() <= 100 {
        header.set_link_name_literal(target.as_os_str().as_bytes())?;
        return archive.append_data(header, path, io::empty());
    }
    archive.append_link(header, path, target)
}

/// As many bytes as were announced, whatever happens to the file meanwhile: an archive must not come apart.
struct Exactly {
    file: File,
    left: u64,
}

impl Exactly {
    fn of(path: &Path, left: u64) -> io::Result<Self> {
        let file = File::open(path)?;
        Ok(Self { file, left })
    }
}

impl io::Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let length = self.file.read(&mut buffer[..most])?;
        if length == 0 && most > 0 {
            return Err(io::Error::other(text::FILE_SHRANK));
        }
        self.left -= length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_packed_tree_has_the_hash_of_the_tree() {
        let top = tempfile::tempdir().unwrap();
        let tree = top.path().join("tree");
        fs::create_dir_all(tree.join("b/c")).unwrap();
        fs::create_dir(tree.join("b.d")).unwrap();
        for number in 0..150 {
            fs::write(tree.join(format!("b/{number}")), number.to_string()).unwrap();
        }
        let long = "long name/".repeat(30);
        fs::create_dir_all(tree.join(&long)).unwrap();
        fs::write(tree.join(&long).join("f"), "x").unwrap();
        symlink("../../etc//passwd", tree.join("b/link")).unwrap();
        symlink("y/".repeat(90), tree.join("long link")).unwrap();
        fs::write(tree.join("run"), "x").unwrap();
        fs::set_permissions(tree.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut packed = Vec::new();
        pack(&tree, &mut packed).unwrap();
        let deployment = "550e8400-e29b-41d4-a716-446655440000".parse().unwrap();
        let artifacts = Artifacts::new(top.path());
        let taken = artifacts.take(&deployment, &mut packed.as_slice()).unwrap();
        let sealed = taken.keep().unwrap();
        assert_eq!(
            sealed.id.as_str(),
            crate::local::shared::hash(&tree).unwrap()
        );
        let mut unpacked = Vec::new();
        let archive = artifacts.open(&deployment, &sealed.id).unwrap();
        archive.unpack(&mut unpacked).unwrap();
        assert_eq!(unpacked, packed);
    }

    #[test]
    fn a_file_that_shrinks_ends_the_copy() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "abc").unwrap();
        let mut all = Vec::new();
        let read = |left, all: &mut Vec<u8>| {
            io::Read::read_to_end(&mut Exactly::of(file.path(), left).unwrap(), all)
        };
        assert_eq!(read(2, &mut all).unwrap(), 2);
        assert!(read(4, &mut all).is_err());
    }
}
