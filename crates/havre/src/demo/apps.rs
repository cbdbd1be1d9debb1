//! The example apps, carried in the binary, written out as Git repositories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};
use serde::Deserialize;

use super::repository;
use crate::exit::{Exit, Fault};
use crate::text;

static EXAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples");

/// `examples/demo.toml`.
#[derive(Debug, Deserialize)]
struct List {
    app: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    dir: String,
    name: String,
    #[serde(default)]
    root: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// An app that is ready to be deployed.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name.
    pub name: String,
    /// The folder of its repository.
    pub repository: PathBuf,
    /// The app's folder inside the repository.
    pub root: Option<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
}

/// Writes every app of the list below `into`, each as a repository.
pub fn write(into: &Path) -> Result<Vec<App>, Fault> {
    list()?
        .into_iter()
        .map(|listed| write_one(into, listed))
        .collect()
}

fn list() -> Result<Vec<Listed>, Fault> {
    let broken = |why: String| Fault::new(Exit::Platform, text::demo_list_broken(&why));
    let file = EXAMPLES
        .get_file("demo.toml")
        .and_then(include_dir::File::contents_utf8);
    let text = file.ok_or_else(|| broken("demo.toml".to_owned()))?;
    let list: List = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
    Ok(list.app)
}

fn write_one(into: &Path, listed: Listed) -> Result<App, Fault> {
    let missing = || Fault::new(Exit::Platform, text::demo_list_broken(&listed.dir));
    let dir = EXAMPLES.get_dir(&listed.dir).ok_or_else(missing)?;
    let folder = into.join(&listed.name);
    write_dir(dir, dir.path(), &folder).map_err(|error| {
        Fault::new(
            Exit::Platform,
            text::data_dir_broken(&folder, &error.to_string()),
        )
    })?;
    repository::make(&folder)?;
    Ok(App {
        name: listed.name,
        repository: folder,
        root: listed.root,
        env: listed.env,
    })
}

fn write_dir(dir: &Dir<'_>, top: &Path, into: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(into)?;
    for entry in dir.entries() {
        let below = entry.path().strip_prefix(top).unwrap_or(entry.path());
        match entry {
            DirEntry::Dir(dir) => {
                std::fs::create_dir_all(into.join(below))?;
                write_dir(dir, top, into)?;
            }
            DirEntry::File(file) => std::fs::write(into.join(below), file.contents())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_app_of_the_list_becomes_a_repository_with_all_its_files() {
        let place = tempfile::tempdir().unwrap();
        let apps = write(place.path()).unwrap();
        assert!(apps.len() >= 3);
        for app in &apps {
            assert!(app.name.parse::<domain::Name>().is_ok(), "{}", app.name);
            assert!(app.repository.join(".git/refs/heads/main").is_file());
        }
        let nested = place.path().join("flask-hello/templates/index.html");
        assert!(nested.is_file());
    }
}
