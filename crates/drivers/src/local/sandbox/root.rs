//! The root of a guest: an empty tmpfs, and in it only what is on the list.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::Path;

use domain::guest::APP_DIR;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, chroot, pivot_root};

use super::super::trouble::{On, Trouble};
use super::super::wire::{Launch, TMP_DIR};
use super::mounts::{self, OPEN, SEALED};
use super::sources::{AppSource, Source, Sources};
use super::spot::Spot;
use super::{dev, etc};

/// The system's folders; `/usr` holds the others on a merged system, where they are links.
const SYSTEM: [&str; 7] = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];
/// Any folder that everybody may walk through will do: it is covered, and gone after the switch.
const STAGES: [&str; 3] = ["/tmp", "/mnt", "/usr"];

/// Builds the root and switches to it. Afterwards nothing of the host is left but what was bound.
pub fn build(launch: &Launch, sources: &Sources) -> Result<(), Trouble> {
    mounts::make_private()?;
    let stage = STAGES.iter().map(Path::new).find(|path| path.is_dir());
    let stage =
        stage.ok_or_else(|| Trouble::new("find a folder for the new root", "there is none"))?;
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mounts::fresh("tmpfs", stage, quiet, "mode=755,size=4m")?;
    system(stage)?;
    etc::build(stage, &launch.hostname)?;
    dev::build(stage)?;
    folder(&stage.join("proc"))?;
    mounts::fresh("proc", &stage.join("proc"), quiet | MsFlags::MS_NOEXEC, "")?;
    if !launch
        .binds
        .iter()
        .any(|bind| bind.to == Path::new(TMP_DIR))
    {
        scratch(&stage.join("tmp"), launch.limits.memory / 2)?;
    }
    app(stage, &sources.app)?;
    for (source, bind) in &sources.binds {
        let attributes = if bind.writable { OPEN } else { SEALED };
        if is_in_reach(launch, &bind.to) {
            place_in_reach(source, stage, &bind.to, attributes)?;
            continue;
        }
        let at = stage.join(bind.to.strip_prefix("/").unwrap_or(&bind.to));
        place(source, &at)?;
        mounts::restrict(&at, attributes, true)?;
    }
    folder(&stage.join("tmp/home"))?;
    enter(stage)
}

fn system(stage: &Path) -> Result<(), Trouble> {
    for name in SYSTEM {
        let (host, at) = (Path::new("/").join(name), stage.join(name));
        match fs::symlink_metadata(&host) {
            Ok(meta) if meta.is_symlink() => {
                let target = fs::read_link(&host).on(format!("read the link /{name}"))?;
                symlink(target, &at).on(format!("link /{name}"))?;
            }
            Ok(_) => {
                folder(&at)?;
                mounts::bind(&host, &at)?;
                mounts::restrict(&at, SEALED, true)?;
            }
            Err(_) => {}
        }
    }
    Ok(())
}

fn app(stage: &Path, source: &AppSource) -> Result<(), Trouble> {
    let at = stage.join("app");
    folder(&at)?;
    match source {
        AppSource::Plain(source) => mounts::bind(&source.path(), &at)?,
        AppSource::Overlay([lower, upper, work]) => {
            let options = format!(
                "lowerdir={},upperdir={},workdir={},userxattr",
                lower.path().display(),
                upper.path().display(),
                work.path().display()
            );
            mounts::fresh(
                "overlay",
                &at,
                MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
                &options,
            )?;
        }
    }
    mounts::restrict(&at, OPEN, false)
}

/// A tmpfs of this size, for everybody.
pub fn scratch(at: &Path, bytes: u64) -> Result<(), Trouble> {
    folder(at)?;
    let options = format!("mode=1777,size={bytes}");
    mounts::fresh(
        "tmpfs",
        at,
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        &options,
    )
}

/// True below what guests write: their links must not be followed there.
fn is_in_reach(launch: &Launch, to: &Path) -> bool {
    let below = |top: &Path| to != top && to.starts_with(top);
    let mut writable = launch.binds.iter().filter(|bind| bind.writable);
    below(Path::new(APP_DIR)) || writable.any(|bind| below(&bind.to))
}

/// Mounts where guests write. The place is opened again for the restrictions: what was opened before lies below the mount.
fn place_in_reach(
    source: &Source,
    stage: &Path,
    to: &Path,
    attributes: u64,
) -> Result<(), Trouble> {
    let open = if source.is_folder() {
        Spot::folder
    } else {
        Spot::file
    };
    mounts::bind(&source.path(), &open(stage, to)?.path())?;
    mounts::restrict(&open(stage, to)?.path(), attributes, true)
}

fn place(source: &Source, at: &Path) -> Result<(), Trouble> {
    if source.is_folder() {
        folder(at)?;
    } else {
        if let Some(parent) = at.parent() {
            folder(parent)?;
        }
        if fs::symlink_metadata(at).is_err() {
            fs::write(at, "").on(format!("make {}", at.display()))?;
        }
    }
    mounts::bind(&source.path(), at)
}

/// A folder with all above it, readable by everybody.
pub fn folder(at: &Path) -> Result<(), Trouble> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(at)
        .on(format!("make {}", at.display()))
}

/// Switches to the new root and lets go of the old one.
fn enter(stage: &Path) -> Result<(), Trouble> {
    chdir(stage).on("enter the new root")?;
    if pivot_root(".", ".").is_ok() {
        umount2(".", MntFlags::MNT_DETACH).on("let go of the old root")?;
    } else {
        // The root of a live system (an initramfs) cannot be pivoted away from.
        mount(Some("."), "/", None::<&str>, MsFlags::MS_MOVE, None::<&str>)
            .on("move the new root")?;
        chroot(".").on("change to the new root")?;
    }
    chdir("/").on("enter the root")?;
    mounts::restrict(Path::new("/"), SEALED, false)
}
