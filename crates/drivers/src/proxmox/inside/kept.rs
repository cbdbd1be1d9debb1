//! Folders of an app that outlive its guests: an archive per folder, on the controller's disk.
//!
//! On a cluster no folder can be shared by the guests of a deployment, so they are copied: from the guest that serves when
//! another one is made, and from a guest before it is destroyed. **What is written into a kept folder of the old guest
//! between that copy and its end is lost**, unless its last copy is taken when it no longer writes: when it is stopped.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use domain::DeploymentId;
use domain::ports::DriverError;

use super::super::artifacts;
use super::enter::SHORT;
use super::pipe;
use super::shell::{Exit, Said, Shell};
use crate::local::shared::{blocking, kept_name, kept_path, remove_tree};
use crate::text::guest::no_kept_folder;
use crate::text::inside as text;

const KEPT: &str = include_str!("scripts/kept.sh");

/// Bytes of one kept folder.
const MOST: u64 = 64 << 30;

/// How the script says that there is no such folder, and that something else is there.
const NO_FOLDER: Exit = Exit::Code(44);
const NO_PLACE: Exit = Exit::Code(45);

/// The kept folders of all deployments: `DATA_DIR/proxmox/persist/DEPLOYMENT/FOLDER.tar.zst`.
#[derive(Debug, Clone)]
pub struct Kept {
    top: PathBuf,
}

impl Kept {
    /// The store below a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            top: data_dir.join("proxmox/persist"),
        }
    }

    /// Removes what is kept of a deployment. Gone already is success. Blocks.
    ///
    /// # Errors
    /// The disk.
    pub fn forget(&self, deployment: &DeploymentId) -> Result<(), DriverError> {
        let removed = remove_tree(&self.folder(deployment));
        removed.map_err(|error| DriverError::other("remove the kept folders", error))
    }

    /// Removes what cut calls left; to be called while none runs: at start. Blocks.
    ///
    /// # Errors
    /// The disk.
    pub fn sweep(&self) -> Result<(), DriverError> {
        artifacts::sweep(&self.top)
            .map_err(|error| DriverError::other("remove half-made kept folders", error))
    }

    fn folder(&self, deployment: &DeploymentId) -> PathBuf {
        self.top.join(deployment.to_string())
    }

    fn file(&self, deployment: &DeploymentId, parts: &[&OsStr]) -> PathBuf {
        let name = format!("{}.tar.zst", kept_name(parts));
        self.folder(deployment).join(name)
    }
}

/// Copies the kept folders of a guest to this machine. One that is not there leaves its earlier copy alone.
pub async fn keep(
    shell: &dyn Shell,
    kept: &Kept,
    deployment: &DeploymentId,
    persist: &[String],
) -> Result<(), DriverError> {
    for path in persist {
        let parts = kept_path(path)?;
        let (name, inside) = (kept.file(deployment, &parts), inside(&parts));
        let argv = script("read", &inside);
        let copy = move |archive: &mut dyn std::io::Read| artifacts::take(name, archive, MOST);
        let (said, saved) = pipe::download(shell, &argv, copy).await?;
        match said.exit {
            // A file that grew meanwhile is in the copy as it was.
            Exit::Code(0 | 1) => {
                let saved = saved?;
                blocking(move || saved.keep()).await?;
            }
            exit if exit == NO_FOLDER => {}
            _ => {
                return Err(text::failed(
                    &format!("copy the kept folder `{path}`"),
                    &said.stderr,
                ));
            }
        }
    }
    Ok(())
}

/// Puts the kept folders into a guest.
pub async fn fill(
    shell: &dyn Shell,
    kept: &Kept,
    deployment: &DeploymentId,
    persist: &[String],
) -> Result<(), DriverError> {
    for path in persist {
        let parts = kept_path(path)?;
        let (name, inside) = (kept.file(deployment, &parts), inside(&parts));
        let archive = blocking(move || {
            artifacts::saved(&name).map_err(|error| DriverError::other("open a kept folder", error))
        });
        let step = match archive.await? {
            Some(archive) => {
                let argv = script("take", &inside);
                let said = pipe::upload(shell, &argv, move |out| archive.unpack(out)).await?;
                filled(path, said)?;
                "name"
            }
            None => "make",
        };
        filled(path, shell.run(&script(step, &inside), b"", SHORT).await?)?;
    }
    let mark = ["touch", "/var/lib/havre/unpacked"];
    super::files::done("note the kept folders", shell.run(&mark, b"", SHORT).await?).map(drop)
}

fn filled(path: &str, said: Said) -> Result<(), DriverError> {
    if said.exit == NO_PLACE {
        return Err(no_kept_folder(path));
    }
    super::files::done(&format!("fill the kept folder `{path}`"), said).map(drop)
}

/// A plain relative path.
fn inside(parts: &[&OsStr]) -> String {
    let path: PathBuf = parts.iter().collect();
    path.to_string_lossy().into_owned()
}

/// As the app's user: a link of the app's can lead it to nothing that the app could not read or write anyway.
fn script<'a>(step: &'a str, path: &'a str) -> [&'a str; 12] {
    let user = [
        "setpriv",
        "--reuid=app",
        "--regid=app",
        "--init-groups",
        "--inh-caps=-all",
    ];
    let [a, b, c, d, e] = user;
    [
        a,
        b,
        c,
        d,
        e,
        "--",
        "/bin/sh",
        "-c",
        KEPT,
        "havre-kept",
        step,
        path,
    ]
}
