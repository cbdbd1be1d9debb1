//! Making a guest's folders: under another name first, so that a guest is there whole or not at all.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};

use domain::guest::{GuestSpec, Role};
use domain::ports::DriverError;

use super::files;
use super::layout::{GuestDir, Layout};
use super::persist;
use super::spec::Made;
use super::trees;
use super::trouble::{On, Trouble};
use super::wire::Ids;

/// A folder for the owner only, with all above it.
pub fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A folder that belongs to an app.
pub fn app_folder(path: &Path, ids: Ids) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path)?;
    chown(path, Some(ids.outer.0), Some(ids.outer.1))
}

/// Makes the folders of a guest; there already is success.
pub fn create(layout: &Layout, made: &Made, ids: Ids) -> Result<(), DriverError> {
    let spec = &made.spec;
    let final_dir = layout.guest(&spec.id);
    if final_dir.spec().exists() {
        return Ok(());
    }
    let lower = artifact(layout, spec)?;
    let fresh = GuestDir(layout.guests().join(format!(".new-{}", spec.id)));
    trees::remove(&fresh.0).on("remove a half-made guest")?;
    private_folder(&fresh.0).on("make the guest's folder")?;
    files::write_json(&fresh.spec(), made, true).on("write the guest's spec")?;
    contents(&fresh, made, lower.as_deref(), ids)?;
    files::write(&fresh.complete(), b"", false).on("mark the guest as complete")?;
    let cache = layout.cache(&spec.deployment);
    if spec.role == Role::Build {
        bound_cache(layout, &cache, u64::from(spec.resources.disk) << 30)?;
    }
    app_folder(&cache, ids).on("make the dependency cache")?;
    persist::prepare(layout, spec, lower.as_deref(), ids)?;
    match fs::rename(&fresh.0, &final_dir.0) {
        // Another call was faster.
        Err(_) if final_dir.spec().exists() => {
            Ok(trees::remove(&fresh.0).on("remove a half-made guest")?)
        }
        other => Ok(other.on("name the guest's folder")?),
    }
}

/// A cache that grew to half of what it may hold starts afresh, so that no build fails for its predecessors' downloads.
fn bound_cache(layout: &Layout, cache: &Path, limit: u64) -> Result<(), DriverError> {
    if trees::used(cache, limit / 2) >= limit / 2 {
        super::destroy::discard(cache, &layout.trash())?;
    }
    Ok(())
}

/// Copies a tree into the app's folder of a build guest, in place of what is there.
pub fn put(dir: &GuestDir, trash: &Path, tree: &Path, ids: Ids) -> Result<(), DriverError> {
    let fresh = dir.0.join("app.new");
    trees::remove(&fresh).on("remove a half-made app folder")?;
    app_folder(&fresh, ids).on("make the app's folder")?;
    trees::copy(tree, &fresh, ids.outer).on("copy the source")?;
    super::destroy::discard(&dir.app(), trash)?;
    Ok(fs::rename(&fresh, dir.app()).on("name the app's folder")?)
}

fn artifact(layout: &Layout, spec: &GuestSpec) -> Result<Option<PathBuf>, DriverError> {
    let Some(id) = &spec.artifact else {
        return Ok(None);
    };
    let folder = layout.artifact(&spec.deployment, id);
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    Err(DriverError::other(
        format!("make a guest from artifact {id}"),
        "the artifact is not there",
    ))
}

fn contents(dir: &GuestDir, made: &Made, lower: Option<&Path>, ids: Ids) -> Result<(), Trouble> {
    let what = "make the app's folder";
    match (made.spec.role, lower, made.overlay) {
        (Role::Serve, Some(_), true) => {
            app_folder(&dir.upper(), ids).on(what)?;
            app_folder(&dir.work(), ids).on(what)
        }
        (Role::Serve, Some(lower), false) => {
            app_folder(&dir.app(), ids).on(what)?;
            trees::copy(lower, &dir.app(), ids.outer).on("copy the artifact")
        }
        (_, _, _) => {
            app_folder(&dir.tmp(), ids).on(what)?;
            app_folder(&dir.app(), ids).on(what)
        }
    }
}
