//! Where interpreters may be. Only names and folders are looked at here; whether one works is found by trying.

use std::path::{Path, PathBuf};

use super::host::HostEnv;
use super::install::is_program;

/// More are not tried: each costs a process.
const MAX: usize = 40;

/// Paths of what may be Python, the host's default first. `python2` may be among them.
pub(super) fn pythons(host: &HostEnv) -> Vec<PathBuf> {
    let pyenv = host.folder("PYENV_ROOT").or_else(|| host.in_home(".pyenv"));
    let mut found = Found::default();
    for folder in host.path() {
        if folder.file_name().is_some_and(|name| name == "shims") {
            // A shim is a script that needs the user's shell; what it stands for is written in pyenv's files.
            let root = folder.parent().unwrap_or(Path::new("/"));
            found.extend(pyenv_global(host, root));
            continue;
        }
        found.add(folder.join("python3"));
        found.add(folder.join("python"));
    }
    for folder in host.system() {
        found.extend(
            entries(folder)
                .into_iter()
                .filter(|path| is_python_name(path)),
        );
    }
    for versions in [
        pyenv.map(|root| root.join("versions")),
        host.folder("UV_PYTHON_INSTALL_DIR"),
        data_folder(host).map(|data| data.join("uv/python")),
        host.in_home(".asdf/installs/python"),
        data_folder(host).map(|data| data.join("mise/installs/python")),
    ] {
        found.extend(
            entries_of(versions)
                .into_iter()
                .map(|version| version.join("bin/python3")),
        );
    }
    found.into_programs()
}

/// Paths of what may be Node, the host's default first.
pub(super) fn nodes(host: &HostEnv) -> Vec<PathBuf> {
    let mut found = Found::default();
    found.extend(host.path().into_iter().map(|folder| folder.join("node")));
    found.extend(host.system().iter().map(|folder| folder.join("node")));
    let nvm = host.folder("NVM_DIR").or_else(|| host.in_home(".nvm"));
    let volta = host.folder("VOLTA_HOME").or_else(|| host.in_home(".volta"));
    let fnm = host
        .folder("FNM_DIR")
        .or_else(|| data_folder(host).map(|data| data.join("fnm")));
    let n = host
        .folder("N_PREFIX")
        .unwrap_or_else(|| "/usr/local".into());
    for (versions, below) in [
        (nvm.map(|root| root.join("versions/node")), "bin/node"),
        (
            fnm.map(|root| root.join("node-versions")),
            "installation/bin/node",
        ),
        (volta.map(|root| root.join("tools/image/node")), "bin/node"),
        (Some(n.join("n/versions/node")), "bin/node"),
        (host.in_home(".nodenv/versions"), "bin/node"),
        (host.in_home(".asdf/installs/nodejs"), "bin/node"),
        (
            data_folder(host).map(|data| data.join("mise/installs/node")),
            "bin/node",
        ),
    ] {
        found.extend(
            entries_of(versions)
                .into_iter()
                .map(|version| version.join(below)),
        );
    }
    found.into_programs()
}

fn data_folder(host: &HostEnv) -> Option<PathBuf> {
    host.folder("XDG_DATA_HOME")
        .or_else(|| host.in_home(".local/share"))
}

/// The versions that `pyenv global` names, in its order.
fn pyenv_global(host: &HostEnv, root: &Path) -> Vec<PathBuf> {
    let file = std::fs::read_to_string(root.join("version")).unwrap_or_default();
    let names = host
        .get("PYENV_VERSION")
        .map_or(file, |names| names.replace(':', "\n"));
    let names = names
        .lines()
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.contains(['/', '#']));
    names
        .map(|name| root.join("versions").join(name).join("bin/python3"))
        .collect()
}

/// `python3` and `python3.12`, not `python3-config` and the like.
fn is_python_name(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    name.strip_prefix("python3").is_some_and(|rest| {
        rest.is_empty()
            || rest
                .strip_prefix('.')
                .is_some_and(|minor| minor.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn entries_of(folder: Option<PathBuf>) -> Vec<PathBuf> {
    folder.map(|folder| entries(&folder)).unwrap_or_default()
}

/// The entries of a folder in a steady order; none when it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(listing) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut entries: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// Each program once, whatever links lead to it, in the order of finding.
#[derive(Default)]
struct Found(Vec<PathBuf>);

impl Found {
    fn add(&mut self, path: PathBuf) {
        self.0.push(path);
    }

    fn extend(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.0.extend(paths);
    }

    fn into_programs(self) -> Vec<PathBuf> {
        let mut programs: Vec<PathBuf> = Vec::new();
        for path in self.0.into_iter().filter(|path| is_program(path)) {
            // Volta's `node` is Volta itself, which would download.
            let real = path
                .canonicalize()
                .ok()
                .filter(|real| real.file_name().is_none_or(|name| name != "volta-shim"));
            programs.extend(real.filter(|real| !programs.contains(real)));
        }
        programs.truncate(MAX);
        programs
    }
}
