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
        let kept = top.join(name_of(&parts));
        if !kept.exists() {
            seed(&kept, artifact, &parts, ids)?;
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
fn parse(path: &str) -> Result<Vec<&OsStr>, DriverError> {
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
fn name_of(parts: &[&OsStr]) -> String {
    let escape = |part: &&OsStr| part.to_string_lossy().replace('%', "%25");
    parts.iter().map(escape).collect::<Vec<_>>().join("%2F")
}

fn seed(kept: &Path, artifact: Option<&Path>, parts: &[&OsStr], ids: Ids) -> Result<(), Trouble> {
    let fresh = kept.with_extension("new");
    trees::remove(&fresh).on("remove a half-made kept folder")?;
    app_folder(&fresh, ids).on("make a kept folder")?;
    if let Some(source) = artifact.and_then(|artifact| inside(artifact, parts)) {
        trees::copy(&source, &fresh, ids.outer).on("fill a kept folder")?;
    }
    fs::rename(&fresh, kept).on("name a kept folder")
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
    fn a_link_in_the_artifact_is_not_followed() {
        let top = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", top.path().join("data")).unwrap();
        assert_eq!(inside(top.path(), &parse("data").unwrap()), None);
    }
}
