//! Bases: which runtimes guests get, written down so that a release finds them again.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use domain::BaseId;
use domain::guest::Base;
use domain::plan::Runtime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::install::Installed;

/// Raised when the way in which bases are made changes, so that artifacts of older ones are built anew.
const RECIPE: &str = "r1";

/// A base and what a guest needs of the host for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedBase {
    /// What the engine knows of it.
    pub base: Base,
    /// Folders to show read-only in the guest at the same path.
    pub binds: Vec<PathBuf>,
    /// Folders that come before the guest's usual `PATH`.
    pub path: Vec<PathBuf>,
    /// Variables that are set unless the app sets them.
    pub env: BTreeMap<String, String>,
    /// The runtimes in it.
    pub installs: Vec<Installed>,
}

/// The folder of bases in the driver's state.
pub(super) struct Bases<'a>(pub &'a Path);

impl Bases<'_> {
    /// Makes the base of these runtimes, or finds it again.
    pub fn make(&self, installs: Vec<Installed>, plain: Runtime) -> io::Result<PreparedBase> {
        let id = self.id_of(&installs, plain)?;
        let programs = self.folder().join(id.as_str()).join("bin");
        let prepared = describe(id, installs, &programs);
        if !prepared.installs.is_empty() {
            write_programs(&programs, &prepared.installs)?;
        }
        self.save(&prepared)?;
        Ok(prepared)
    }

    /// Reads a base; none when it was never made here.
    pub fn read(&self, id: &BaseId) -> io::Result<Option<PreparedBase>> {
        match fs::read(self.file(id)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the programs of a base again where they were removed.
    pub fn repair(&self, base: &PreparedBase) -> io::Result<()> {
        match base.installs.is_empty() {
            true => Ok(()),
            false => write_programs(
                &self.folder().join(base.base.id.as_str()).join("bin"),
                &base.installs,
            ),
        }
    }

    /// The readable id; where another install of the same version has it already, one that names the folder as well.
    fn id_of(&self, installs: &[Installed], plain: Runtime) -> io::Result<BaseId> {
        let mut parts: Vec<String> = installs
            .iter()
            .map(|one| format!("{}-{}", one.runtime, one.release))
            .collect();
        if parts.is_empty() {
            parts.push(plain.to_string());
        }
        parts.push(RECIPE.into());
        let id = legal(&parts.join("_"))?;
        let exes = |installs: &[Installed]| -> Vec<PathBuf> {
            installs.iter().map(|one| one.exe.clone()).collect()
        };
        match self.read(&id) {
            Ok(Some(other)) if exes(&other.installs) != exes(installs) => {
                let paths = format!("{:?}", exes(installs));
                let hash = hex::encode(Sha256::digest(paths.as_bytes()));
                legal(&format!("{id}-{}", &hash[..8]))
            }
            // A file that cannot be read is written anew.
            _ => Ok(id),
        }
    }

    fn save(&self, prepared: &PreparedBase) -> io::Result<()> {
        fs::create_dir_all(self.folder())?;
        let mut file = tempfile::NamedTempFile::new_in(self.folder())?;
        serde_json::to_writer_pretty(&mut file, prepared)?;
        file.as_file().sync_all()?;
        file.persist(self.file(&prepared.base.id))?;
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        self.0.join("bases")
    }

    fn file(&self, id: &BaseId) -> PathBuf {
        self.folder().join(format!("{id}.json"))
    }
}

fn legal(id: &str) -> io::Result<BaseId> {
    id.parse().map_err(io::Error::other)
}

fn describe(id: BaseId, installs: Vec<Installed>, programs: &Path) -> PreparedBase {
    let mut binds: Vec<PathBuf> = installs.iter().flat_map(Installed::binds).collect();
    let mut path = Vec::new();
    if !installs.is_empty() {
        binds.push(programs.to_owned());
        path.push(programs.to_owned());
    }
    // Behind our own names: `python3.11`, `pip3` and whatever else an install brings.
    path.extend(
        installs
            .iter()
            .filter_map(|one| one.exe.parent())
            .filter(|bin| !bin.starts_with("/usr"))
            .map(Into::into),
    );
    binds.sort();
    binds.dedup();
    let versions = installs.iter().map(Installed::title).collect();
    let base = Base {
        id,
        versions,
        missing_optional: Vec::new(),
        warnings: Vec::new(),
    };
    PreparedBase {
        base,
        binds,
        path,
        env: BTreeMap::new(),
        installs,
    }
}

/// A folder with the names that apps use. Names are added and replaced one by one: guests may be using the folder.
fn write_programs(folder: &Path, installs: &[Installed]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for one in installs {
        match one.runtime {
            Runtime::Python => {
                for name in ["python", "python3"] {
                    write_start(&folder.join(name), &one.exe)?;
                }
            }
            _ => {
                write_link(&folder.join("node"), &one.exe)?;
                for (name, script) in &one.tools {
                    write_link(&folder.join(name), script)?;
                }
            }
        }
    }
    Ok(())
}

/// A script that starts Python under its own path. A link would not do: Python looks for its library beside the name by
/// which it was started, and a virtual environment remembers that name.
fn write_start(to: &Path, exe: &Path) -> io::Result<()> {
    let text = exe
        .to_str()
        .ok_or_else(|| io::Error::other("the path of an interpreter is not UTF-8"))?;
    let quoted = text.replace('\'', r"'\''");
    let script = format!("#!/bin/sh\nexec '{quoted}' \"$@\"\n");
    if fs::read(to).is_ok_and(|old| old == script.as_bytes()) {
        return Ok(());
    }
    replace(to, |fresh| {
        fs::write(fresh, script)?;
        fs::set_permissions(fresh, fs::Permissions::from_mode(0o755))
    })
}

fn write_link(to: &Path, target: &Path) -> io::Result<()> {
    if fs::read_link(to).is_ok_and(|old| old == target) {
        return Ok(());
    }
    replace(to, |fresh| symlink(target, fresh))
}

/// Makes a file under another name and moves it into place, so that nobody sees half of it.
fn replace(to: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("/"));
    let fresh = tempfile::Builder::new().prefix(".new").tempdir_in(folder)?;
    let path = fresh.path().join("file");
    make(&path)?;
    fs::rename(path, to)
}
