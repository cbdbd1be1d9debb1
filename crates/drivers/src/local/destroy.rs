//! Removing guests and what nobody owns any more.

use std::fs;
use std::path::Path;
use std::time::Duration;

use domain::GuestId;
use domain::ports::DriverError;
use sha2::{Digest, Sha256};

use super::cgroup::{Group, Placement};
use super::files;
use super::layout::{GuestDir, Layout};
use super::process::Process;
use super::tier::Place;
use super::trees;
use super::trouble::{On, Trouble};

const BOUND: Duration = Duration::from_secs(10);

/// Removes a guest. Its name goes first, so that nobody sees half of it.
pub async fn destroy(layout: &Layout, id: &GuestId) -> Result<(), DriverError> {
    let dir = layout.guest(id);
    end_processes(&dir).await?;
    end_groups(&dir, id).await?;
    let trash = layout.trash();
    let dir = dir.0;
    blocking(move || discard(&dir, &trash)).await
}

/// Kills the shims; their guests die with them.
async fn end_processes(dir: &GuestDir) -> Result<(), DriverError> {
    let mut processes = commands(dir);
    // A folder whose state cannot be read still has its lock: whoever holds it is found by its groups.
    processes.extend(
        super::observe::state(dir)
            .ok()
            .flatten()
            .map(|state| state.shim),
    );
    for process in processes {
        if !process.kill(BOUND).await {
            return Err(DriverError::Transient(
                "a supervisor of the guest does not end".into(),
            ));
        }
    }
    Ok(())
}

fn commands(dir: &GuestDir) -> Vec<Process> {
    let Ok(entries) = fs::read_dir(&dir.0) else {
        return Vec::new();
    };
    let is_command = |name: &str| {
        name.starts_with("exec-") && Path::new(name).extension().is_some_and(|e| e == "json")
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(is_command))
        .filter_map(|entry| files::read_json(&entry.path()).ok().flatten())
        .collect()
}

/// Removes the control groups of a guest, wherever the shim that made them put them.
async fn end_groups(dir: &GuestDir, id: &GuestId) -> Result<(), DriverError> {
    let placement: Option<Placement> = files::read_json(&dir.cgroup()).unwrap_or_default();
    match placement {
        Some(placement) => Ok(end_group(&Group::named(&placement, id.as_str())).await?),
        None => Ok(()),
    }
}

async fn end_group(group: &Group) -> Result<(), Trouble> {
    // The kernel needs a moment after the last process.
    for _ in 0..500 {
        if group.end() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err(Trouble::new(
        "remove the control groups of a guest",
        "processes in them do not end",
    ))
}

/// Renames a folder away and removes it there. Gone already is success.
pub fn discard(folder: &Path, trash: &Path) -> Result<(), DriverError> {
    let what = || format!("remove {}", folder.display());
    // Two folders of one name may go at the same time.
    let name = folder.as_os_str().as_encoded_bytes();
    let last = trash.join(hex::encode(Sha256::digest(name)));
    trees::remove(&last).on(what())?;
    match fs::rename(folder, &last) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => {
            other.on(what())?;
            Ok(trees::remove(&last).on(what())?)
        }
    }
}

/// Removes half-made guests, what is left in the trash, old probes, groups without a guest, and the remains of guests
/// whose shim was killed.
pub async fn sweep(layout: &Layout, place: Option<&Place>) -> Result<(), DriverError> {
    let top = layout.clone();
    blocking(move || sweep_folders(&top)).await?;
    let guests: Vec<GuestId> = super::observe::list(layout)?
        .into_iter()
        .map(|seen| seen.id)
        .collect();
    for id in &guests {
        end_stale_groups(&layout.guest(id), id).await?;
    }
    match place.and_then(|place| place.cgroup.as_ref()) {
        Some(placement) => sweep_groups(placement, &guests).await,
        None => Ok(()),
    }
}

/// Removes the groups that a killed shim left, unless a shim holds the guest: between its start and its first word,
/// nothing else tells. None can start meanwhile.
pub async fn end_stale_groups(dir: &GuestDir, id: &GuestId) -> Result<(), DriverError> {
    use nix::fcntl::{Flock, FlockArg};
    let Ok(file) = fs::OpenOptions::new().write(true).open(dir.lock()) else {
        return Ok(());
    };
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(_held) => end_groups(dir, id).await,
        Err(_) => Ok(()),
    }
}

fn sweep_folders(layout: &Layout) -> Result<(), DriverError> {
    let is_half_made = |name: &str| name.starts_with(".new-") || name.starts_with(".deep-");
    let is_probe = |name: &str| {
        let pid = name
            .strip_prefix("probe-")
            .and_then(|pid| pid.parse::<i32>().ok());
        pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
    };
    remove_where(&layout.guests(), &is_half_made)?;
    remove_where(&layout.trash(), &|_| true)?;
    remove_where(layout.top(), &is_probe)
}

fn remove_where(folder: &Path, which: &dyn Fn(&str) -> bool) -> Result<(), DriverError> {
    let what = || format!("clean {}", folder.display());
    for entry in fs::read_dir(folder).on(what())? {
        let entry = entry.on(what())?;
        if entry.file_name().to_str().is_some_and(which) {
            trees::remove(&entry.path()).on(what())?;
        }
    }
    Ok(())
}

async fn sweep_groups(placement: &Placement, guests: &[GuestId]) -> Result<(), DriverError> {
    for base in placement.folders() {
        for entry in fs::read_dir(&base).into_iter().flatten().flatten() {
            let id = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<GuestId>().ok());
            if let Some(id) =
                id.filter(|id| !guests.contains(id) && id.as_str() != super::tier::PROBE)
            {
                end_group(&Group::named(placement, id.as_str())).await?;
            }
        }
    }
    Ok(())
}

/// Runs file work where it may block.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DriverError> + Send + 'static,
) -> Result<T, DriverError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| DriverError::other("work on files", error))?
}
