//! The artifacts of a cluster's apps: kept on the controller's disk, one compressed archive each.
//!
//! An artifact is named by what is in it, exactly as on this machine ([`crate::local::content`]): the same tree has the same
//! id wherever it was built. The archive's own bytes do not matter for that.

mod read;
mod write;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use domain::guest::Sealed;
use domain::ports::DriverError;
use domain::{ArtifactId, DeploymentId};
use tempfile::NamedTempFile;

use crate::local::shared::remove_tree;
use crate::text::inside as text;

/// The artifacts of all deployments: `DATA_DIR/proxmox/artifacts/DEPLOYMENT/ID.tar.zst`. Every method blocks.
#[derive(Debug, Clone)]
pub struct Artifacts {
    top: PathBuf,
    most: u64,
}

/// Bytes of an app's folder, unpacked. More than the largest disk of a build is never meant.
const MOST: u64 = 32 << 30;

impl Artifacts {
    /// The store below a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            top: data_dir.join("proxmox/artifacts"),
            most: MOST,
        }
    }

    /// The same, refusing artifacts of more bytes.
    #[must_use]
    pub fn at_most(self, most: u64) -> Self {
        Self { most, ..self }
    }

    /// Whether an artifact is there.
    pub fn has(&self, deployment: &DeploymentId, id: &ArtifactId) -> bool {
        self.file(deployment, id).is_file()
    }

    /// Takes an archive in. Its entries must come as [`Streamed`](crate::local::content::Streamed) wants them. Nothing of
    /// it is left unless [`Taken::keep`] follows.
    ///
    /// # Errors
    /// It is no archive or cut, larger than allowed, or the disk is full.
    pub fn take(
        &self,
        deployment: &DeploymentId,
        archive: &mut dyn Read,
    ) -> Result<Taken, DriverError> {
        let folder = self.folder(deployment);
        let (file, sealed) = fresh(&folder, archive, self.most)?;
        let name = self.file(deployment, &sealed.id);
        Ok(Taken { file, sealed, name })
    }

    /// Opens an archive, to be given to [`Archive::unpack`].
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub fn open(&self, deployment: &DeploymentId, id: &ArtifactId) -> Result<Archive, DriverError> {
        match File::open(self.file(deployment, id)) {
            Ok(file) => Ok(Archive(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(text::no_artifact(id)),
            Err(error) => Err(DriverError::other(format!("open artifact {id}"), error)),
        }
    }

    /// Removes an artifact. Gone already is success.
    ///
    /// # Errors
    /// The disk.
    pub fn drop_artifact(
        &self,
        deployment: &DeploymentId,
        id: &ArtifactId,
    ) -> Result<(), DriverError> {
        match fs::remove_file(self.file(deployment, id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(DriverError::other(format!("remove artifact {id}"), error))
            }
            _ => Ok(()),
        }
    }

    /// Removes all artifacts of a deployment. Gone already is success.
    ///
    /// # Errors
    /// The disk.
    pub fn forget(&self, deployment: &DeploymentId) -> Result<(), DriverError> {
        let removed = remove_tree(&self.folder(deployment));
        removed.map_err(|error| DriverError::other("remove a deployment's artifacts", error))
    }

    /// Removes what cut calls left; to be called while none runs: at start.
    ///
    /// # Errors
    /// The disk.
    pub fn sweep(&self) -> Result<(), DriverError> {
        sweep(&self.top).map_err(|error| DriverError::other("remove half-made artifacts", error))
    }

    fn folder(&self, deployment: &DeploymentId) -> PathBuf {
        self.top.join(deployment.to_string())
    }

    fn file(&self, deployment: &DeploymentId, id: &ArtifactId) -> PathBuf {
        self.folder(deployment).join(format!("{id}.tar.zst"))
    }
}

/// An archive that is there.
#[derive(Debug)]
pub struct Archive(File);

impl Archive {
    /// Writes it out, unpacked.
    ///
    /// # Errors
    /// It is damaged, or nobody takes it.
    pub fn unpack(self, out: &mut dyn Write) -> io::Result<()> {
        read::unpack(self.0, out)
    }
}

/// An archive that has come in and has no name yet; dropped, it is gone.
#[derive(Debug)]
pub struct Taken {
    file: NamedTempFile,
    sealed: Sealed,
    name: PathBuf,
}

impl Taken {
    /// Gives it its name, for good.
    ///
    /// # Errors
    /// The disk.
    pub fn keep(self) -> Result<Sealed, DriverError> {
        if !self.name.is_file() {
            settle(self.file, &self.name).map_err(text::cannot_store)?;
        }
        Ok(self.sealed)
    }
}

/// A compressed archive of anything, to be named by its caller. `most` bounds what is in it.
pub(super) fn take(name: PathBuf, archive: &mut dyn Read, most: u64) -> Result<Saved, DriverError> {
    let folder = name.parent().unwrap_or(&name);
    let (file, _) = fresh(folder, archive, most)?;
    Ok(Saved { file, name })
}

/// As [`Taken`], in place of what has the name by now.
pub(super) struct Saved {
    file: NamedTempFile,
    name: PathBuf,
}

impl Saved {
    /// Gives it its name.
    pub(super) fn keep(self) -> Result<(), DriverError> {
        settle(self.file, &self.name).map_err(text::cannot_store)
    }
}

fn fresh(
    folder: &Path,
    archive: &mut dyn Read,
    most: u64,
) -> Result<(NamedTempFile, Sealed), DriverError> {
    let make = || {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        tempfile::Builder::new().prefix(".new-").tempfile_in(folder)
    };
    let file = make().map_err(text::cannot_store)?;
    let sealed = write::take(archive, file.as_file(), most)?;
    Ok((file, sealed))
}

fn settle(file: NamedTempFile, name: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(name).map_err(|error| error.error)?;
    match name.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// An archive that was saved under this name; none when there is none.
pub(super) fn saved(name: &Path) -> io::Result<Option<Archive>> {
    match File::open(name) {
        Ok(file) => Ok(Some(Archive(file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes half-made files below the folders of deployments.
pub(super) fn sweep(top: &Path) -> io::Result<()> {
    let folders = match fs::read_dir(top) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        folders => folders?,
    };
    for folder in folders {
        for entry in fs::read_dir(folder?.path())? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".new-") {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}
