//! Folders of an app that outlive its releases: kept per deployment and bound into each of its guests.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use domain::guest::{APP_DIR, GuestSpec, Role};
use domain::ports::DriverError;

use super::create::{app_folder, private_folder};
use super::layout::Layout;
use super::trees;
use super::trouble::{On, Trouble};
use super::wire::{Bind, Ids};
use crate::text::guest as text;

/// Makes the kept folders of a guest that serves. The first time, a folder is filled with what the artifact has there.
pub fn prepare(
    layout: &Layout,
    spec: &GuestSpec,
    artifact: Option<&Path>,
    ids: Ids,
) -> Result<(), DriverError> {
    if spec.role == Role::Build || spec.persist.is_empty() {
        return Ok(());
    }
    let top = layout.persist(&spec.deployment);
    private_folder(&top).on("make the kept folders")?;
    for path in &spec.persist {
        let parts = parse(path)?;
        if let Some(artifact) = artifact {
            refuse_links(artifact, path, &parts)?;
        }
        let name = name_of(&parts);
        if !top.join(&name).exists() {
            seed(&top, &name, artifact, &parts, ids)?;
        }
    }
    Ok(())
}

/// Where the kept folders are bound.
pub fn binds(layout: &Layout, spec: &GuestSpec) -> Result<Vec<Bind>, DriverError> {
    if spec.role == Role::Build {
        return Ok(Vec::new());
    }
    let top = layout.persist(&spec.deployment);
    let bind = |path: &String| {
        let parts = parse(path)?;
        Ok(Bind {
            from: top.join(name_of(&parts)),
            to: Path::new(APP_DIR).join(parts.iter().collect::<PathBuf>()),
            writable: true,
        })
    };
    spec.persist.iter().map(bind).collect()
}

/// Only plain names, at least one.
pub(crate) fn parse(path: &str) -> Result<Vec<&OsStr>, DriverError> {
    let bad = || {
        DriverError::other(
            format!("keep the folder `{path}`"),
            "it must be a plain path below the app's folder",
        )
    };
    let mut parts = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) if name.len() <= 200 => parts.push(name),
            Component::CurDir => {}
            _ => return Err(bad()),
        }
    }
    if parts.is_empty() {
        Err(bad())
    } else {
        Ok(parts)
    }
}

/// One flat name per path: what lies above a kept folder must not belong to the app.
pub(crate) fn name_of(parts: &[&OsStr]) -> String {
    let escape = |part: &&OsStr| part.to_string_lossy().replace('%', "%25");
    parts.iter().map(escape).collect::<Vec<_>>().join("%2F")
}

/// Nothing is mounted where a link or a file of the app stands: said here, to whom it concerns, before the guest says it.
fn refuse_links(artifact: &Path, path: &str, parts: &[&OsStr]) -> Result<(), DriverError> {
    let mut at = artifact.to_path_buf();
    for part in parts {
        at.push(part);
        match fs::symlink_metadata(&at) {
            Ok(found) if !found.is_dir() => return Err(text::no_kept_folder(path)),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(())
}

fn seed(
    top: &Path,
    name: &str,
    artifact: Option<&Path>,
    parts: &[&OsStr],
    ids: Ids,
) -> Result<(), Trouble> {
    // No kept folder has such a name: theirs hold `%` only as `%25` and `%2F`.
    let fresh = top.join(format!("%new-{name}"));
    trees::remove(&fresh).on("remove a half-made kept folder")?;
    app_folder(&fresh, ids).on("make a kept folder")?;
    if let Some(source) = artifact.and_then(|artifact| inside(artifact, parts)) {
        trees::copy(&source, &fresh, ids.outer).on("fill a kept folder")?;
    }
    fs::rename(&fresh, top.join(name)).on("name a kept folder")
}

/// The folder of the artifact, if it is one all the way down: a link could lead anywhere on this machine.
fn inside(artifact: &Path, parts: &[&OsStr]) -> Option<PathBuf> {
    let mut at = artifact.to_path_buf();
    for part in parts {
        at.push(part);
        if !fs::symlink_metadata(&at).ok()?.is_dir() {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_kept() {
        assert!(parse("data/db").is_ok() && parse("./data").is_ok());
        for bad in ["", ".", "/etc", "../x", "a/../../b"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_ne!(
            name_of(&parse("a/b").unwrap()),
            name_of(&parse("a%2Fb").unwrap())
        );
    }

    #[test]
    fn making_one_kept_folder_leaves_its_neighbours_alone() {
        let top = tempfile::tempdir().unwrap();
        let me = (
            nix::unistd::geteuid().as_raw(),
            nix::unistd::getegid().as_raw(),
        );
        let ids = Ids {
            outer: me,
            privileged: false,
        };
        for path in ["data.new", "data.x", "data"] {
            let parts = parse(path).unwrap();
            seed(top.path(), &name_of(&parts), None, &parts, ids).unwrap();
            fs::write(top.path().join(path).join("kept"), "").unwrap();
        }
        for path in ["data.new", "data.x", "data"] {
            assert!(top.path().join(path).join("kept").exists(), "{path}");
        }
    }

    #[test]
    fn a_link_in_the_artifact_is_not_followed() {
        let top = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", top.path().join("data")).unwrap();
        fs::write(top.path().join("file"), "").unwrap();
        assert_eq!(inside(top.path(), &parse("data").unwrap()), None);
        for path in ["data", "data/x", "file", "file/x"] {
            let parts = parse(path).unwrap();
            assert!(refuse_links(top.path(), path, &parts).is_err(), "{path}");
        }
        assert!(refuse_links(top.path(), "new", &parse("new").unwrap()).is_ok());
    }
}
