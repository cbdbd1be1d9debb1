//! Requests that wait for locks, and tasks that are followed to their end.

use std::time::Duration;

use pve::{Conflict, Error, Kind, Upid};
use tokio::time::Instant;

use super::fault::passes;
use super::site::Site;

const FIRST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(5);

/// Asks until no lock is in the way, within the bound of the limits. `CT is locked (disk)` is how the cluster queues clones
/// of one base.
pub async fn patiently<T, F, A>(site: &Site, ask: F) -> Result<T, Error>
where
    F: Fn() -> A + Send + Sync,
    A: Future<Output = Result<T, Error>> + Send,
{
    let begun = Instant::now();
    let mut pause = FIRST;
    loop {
        match ask().await {
            Err(error) if passes(&error) && begun.elapsed() < site.limits().lock => {
                tracing::debug!(%error, "waiting for a lock of the cluster");
                site.pause(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
            end => return end,
        }
    }
}

/// Begins a task and follows it to its end. One that failed because of a lock is begun again: a failed task leaves nothing.
pub async fn task<F, A>(site: &Site, begin: F) -> Result<(), Error>
where
    F: Fn() -> A + Send + Sync,
    A: Future<Output = Result<Upid, Error>> + Send,
{
    let started = Instant::now();
    let mut pause = FIRST;
    loop {
        let upid = patiently(site, &begin).await?;
        let ended = follow(site, &upid).await;
        site.inventory.stale().await;
        match ended {
            Err(error) if is_lock(&error) && started.elapsed() < site.limits().lock => {
                tracing::debug!(%error, "a task met a lock; it is begun again");
                site.pause(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
            end => return end,
        }
    }
}

/// Waits for a task; its warnings are told in the log.
pub async fn follow(site: &Site, upid: &Upid) -> Result<(), Error> {
    let warnings = site.client.finish(upid, site.limits().task).await?;
    for warning in warnings {
        tracing::warn!(task = %upid, warning, "a task of the cluster");
    }
    Ok(())
}

fn is_lock(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Transient | Kind::Conflict(Conflict::Locked(_))
    )
}
