//! What ends sessions: time, want of room, and the caller.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::sleep;

use super::place::{Key, Place, Pooled};
use super::{Pool, Shared};
use crate::target::Target;

impl Pool {
    /// Closes the sessions of a target at once: it is gone, or will show another key. What runs over them is lost.
    pub async fn forget(&self, target: &Target) {
        let place = self.0.table().places.remove(&Key::of(target));
        if let Some(place) = place {
            close(place.remove(|_| true)).await;
        }
    }

    /// Closes all sessions. What runs over them is lost; later calls connect again.
    pub async fn close(&self) {
        let places: Vec<_> = self.0.table().places.drain().collect();
        for (_, place) in places {
            close(place.remove(|_| true)).await;
        }
    }
}

async fn close(sessions: Vec<Arc<Pooled>>) {
    for pooled in sessions {
        pooled.session.close().await;
    }
}

impl Shared {
    /// The session that was idle for longest goes, if any is.
    pub(super) fn evict(&self) {
        let places: Vec<_> = self.table().places.values().cloned().collect();
        let idle = places
            .iter()
            .filter_map(|place| Some((place, place.oldest_idle()?)));
        if let Some((place, pooled)) = idle.min_by_key(|(_, pooled)| pooled.last_used()) {
            place.retire(&pooled);
        }
    }

    /// Makes sure that idle sessions are closed. The task ends with the last session, or with the pool.
    pub(super) fn keep(self: &Arc<Self>) {
        let mut table = self.table();
        if !table.kept {
            table.kept = true;
            tokio::spawn(keep(Arc::downgrade(self), self.limits.idle));
        }
    }

    /// Closes what is idle or dead, and forgets places that hold nothing. Answers whether anything is left.
    fn tidy(&self) -> bool {
        let idle = self.limits.idle;
        let mut table = self.table();
        table.places.retain(|_, place| {
            place.sweep();
            place.remove(|p| p.is_idle() && p.last_used().elapsed() >= idle);
            !is_unused(place)
        });
        table.kept = !table.places.is_empty();
        table.kept
    }
}

/// Nobody holds it, nothing is up, and no pause has to be kept.
fn is_unused(place: &Arc<Place>) -> bool {
    let over = place.dial.try_lock().is_ok_and(|dial| dial.is_over());
    over && place.is_empty() && Arc::strong_count(place) == 1
}

async fn keep(pool: Weak<Shared>, idle: Duration) {
    let every = (idle / 4).clamp(Duration::from_millis(20), Duration::from_secs(15));
    loop {
        sleep(every).await;
        match pool.upgrade() {
            Some(pool) if pool.tidy() => {}
            _ => return,
        }
    }
}
