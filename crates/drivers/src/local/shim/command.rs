//! Runs one command to its end; ends it when the controller goes away.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use tokio::io::unix::AsyncFd;

use super::super::layout::GuestDir;
use super::super::link::{Order, Word};
use super::super::trouble::{On, Trouble};
use super::super::wire::{AppFolder, End, Event, Launch, TMP_DIR};
use super::super::{network, watch};
use super::disk::Watch;
use super::entry::Controller;
use super::guest::{self, Guest};
use super::lock;

/// Makes the guest, runs the command, tells the controller how it ended.
pub fn run(launch: &Launch, controller: &mut Controller) -> Result<(), Trouble> {
    let _lock = lock::take(&GuestDir(launch.dir.clone()))?;
    let output = std::io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .on("take the output")?;
    let mut guest = guest::make(launch, output, None)?;
    let gone = controller.socket()?;
    controller.tell(&Event::Ready {
        no_network: guest.no_network.clone(),
        landlock: guest.landlock,
    })?;
    let end = runtime()?.block_on(supervise(launch, &mut guest, gone));
    guest.end();
    match end? {
        Some(end) => controller.tell(&Event::Ended(end)),
        None => Ok(()),
    }
}

/// One thread, and others only while something blocks.
pub fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .thread_stack_size(256 * 1024)
        .thread_keep_alive(std::time::Duration::from_millis(100))
        .build()
        .on("make the runtime")
}

/// None when the controller is gone.
async fn supervise(
    launch: &Launch,
    guest: &mut Guest,
    controller: OwnedFd,
) -> Result<Option<End>, Trouble> {
    let packets = guest.packets.take();
    let link = watch::readable(&guest.link).on("watch the link")?;
    let pidfd = watch::readable(&guest.pidfd).on("watch the guest")?;
    let controller = watch::readable(&controller).on("watch the controller")?;
    let disk = Watch::new(watched(launch), launch.limits.disk, launch.floor).with_held(guest.init);
    let cache = launch.cache.iter().cloned().collect();
    let cache = Watch::new(cache, launch.limits.disk, 0);
    guest.link.send(&Order::Start).on("start the command")?;
    let ended = tokio::select! {
        status = exited(guest, &link) => status.map(Some),
        _ = pidfd.readable() => Ok(Some(End::Signal(libc::SIGKILL))),
        _ = controller.readable() => Ok(None),
        () = disk.over() => return Ok(Some(End::OutOfDisk)),
        () = cache.over() => return Ok(Some(End::OutOfDisk)),
        never = network::outside(packets) => match never {},
    };
    ended.map(|end| end.map(|end| for_memory(end, guest)))
}

/// The folders that count against the disk limit.
pub fn watched(launch: &Launch) -> Vec<PathBuf> {
    let own = match &launch.app {
        AppFolder::Plain(folder) => folder.clone(),
        AppFolder::Overlay { upper, .. } => upper.clone(),
    };
    // The cache has a bound of its own.
    let kept = |to: &Path| to.starts_with(domain::guest::APP_DIR) || to == TMP_DIR;
    let bound = launch
        .binds
        .iter()
        .filter(|bind| bind.writable && kept(&bind.to));
    std::iter::once(own)
        .chain(bound.map(|bind| bind.from.clone()))
        .collect()
}

/// Waits for the app's end, as the first process reports it.
async fn exited(guest: &Guest, link: &AsyncFd<OwnedFd>) -> Result<End, Trouble> {
    loop {
        let mut ready = link.readable().await.on("wait for the guest")?;
        match guest.link.receive::<Word>() {
            Ok(Some((Word::Exited(status), _))) => return Ok(end_of(status)),
            Ok(Some(_)) => {}
            Ok(None) => return Ok(End::Signal(libc::SIGKILL)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => ready.clear_ready(),
            Err(error) => return Err(error).on("hear the guest"),
        }
    }
}

/// A raw wait status in words.
pub fn end_of(status: i32) -> End {
    if libc::WIFSIGNALED(status) {
        End::Signal(libc::WTERMSIG(status))
    } else {
        End::Code(libc::WEXITSTATUS(status))
    }
}

fn for_memory(end: End, guest: &Guest) -> End {
    if end != End::Code(0) && guest.oom_kills() > 0 {
        End::OutOfMemory
    } else {
        end
    }
}
