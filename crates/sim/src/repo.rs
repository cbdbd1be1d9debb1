//! Simulated repositories.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use domain::Commit;
use sha2::{Digest, Sha256};

/// A repository: commits in the order they were made, and what names them.
#[derive(Default)]
pub(crate) struct Repo {
    pub commits: Vec<(Commit, BTreeMap<String, String>)>,
    pub refs: BTreeMap<String, usize>,
}

/// The default branch.
pub(crate) const HEAD: &str = "main";

impl Repo {
    /// Adds a commit to a branch and gives its hash.
    pub fn commit(&mut self, branch: &str, files: BTreeMap<String, String>) -> Commit {
        let mut hash = Sha256::new();
        hash.update(self.commits.len().to_le_bytes());
        for (path, text) in &files {
            hash.update(format!("{path}\0{text}\0"));
        }
        let digits = hex::encode(hash.finalize());
        let commit = match digits[..40].parse::<Commit>() {
            Ok(commit) => commit,
            Err(error) => unreachable!("40 hexadecimal digits are a commit: {error}"),
        };
        self.commits.push((commit.clone(), files));
        self.refs.insert(branch.to_owned(), self.commits.len() - 1);
        commit
    }

    /// The commit that a ref, a hash or the beginning of a hash names.
    pub fn find(&self, name: &str) -> Option<&(Commit, BTreeMap<String, String>)> {
        if let Some(at) = self.refs.get(name) {
            return self.commits.get(*at);
        }
        let hash = name.len() >= 7;
        self.commits
            .iter()
            .find(|(commit, _)| hash && commit.as_str().starts_with(name))
    }
}

/// Writes files into a new folder, replacing what is there.
pub(crate) fn write_out(files: &BTreeMap<String, String>, into: &Path) -> io::Result<u64> {
    match std::fs::remove_dir_all(into) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => std::fs::create_dir(into)?,
    }
    let mut bytes = 0;
    for (path, text) in files {
        let file = into.join(path);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(file, text)?;
        bytes += text.len() as u64;
    }
    Ok(bytes)
}
