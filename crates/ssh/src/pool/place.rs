//! One target's sessions.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::dial::Dial;
use super::{PoolLimits, locked};
use crate::session::Session;
use crate::target::{Host, Target, Trust};

/// What makes two targets the same: every machine of the way, as whom, with which keys.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key(Vec<(Host, u16, String, Trust, String)>);

impl Key {
    pub(super) fn of(target: &Target) -> Self {
        let hops = target.hops().into_iter();
        let part = |hop: &Target| {
            (
                hop.host.clone(),
                hop.port,
                hop.user.clone(),
                hop.trust.clone(),
                hop.key.public_line().to_owned(),
            )
        };
        Self(hops.map(part).collect())
    }
}

/// How a session is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// By several at a time, who all take what they get.
    Shared,
    /// By one at a time, who may be slow.
    Own,
}

pub(super) struct Pooled {
    pub(super) session: Session,
    pub(super) room: Arc<Semaphore>,
    size: usize,
    usage: Use,
    since: Instant,
    used: Mutex<Instant>,
    _place: OwnedSemaphorePermit,
}

impl Pooled {
    pub(super) fn new(
        session: Session,
        usage: Use,
        size: usize,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let now = Instant::now();
        Self {
            session,
            room: Arc::new(Semaphore::new(size)),
            size,
            usage,
            since: now,
            used: Mutex::new(now),
            _place: place,
        }
    }

    pub(super) fn touch(&self) {
        *locked(&self.used) = Instant::now();
    }

    pub(super) fn last_used(&self) -> Instant {
        *locked(&self.used)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.room.available_permits() == self.size
    }

    fn is_good(&self) -> bool {
        !self.session.is_closed() && !self.room.is_closed()
    }
}

/// A session that ends within this time of its beginning was a failed connect.
const STEADY: Duration = Duration::from_secs(2);

pub(super) struct Place {
    /// Held by the one who connects.
    pub(super) dial: tokio::sync::Mutex<Dial>,
    /// Room for those who use a session alone.
    pub(super) alone: Arc<Semaphore>,
    live: Mutex<Vec<Arc<Pooled>>>,
}

impl Place {
    pub(super) fn new(limits: &PoolLimits) -> Self {
        Self {
            dial: tokio::sync::Mutex::default(),
            alone: Arc::new(Semaphore::new(limits.own.max(1))),
            live: Mutex::default(),
        }
    }

    /// The sessions that commands share, the first one first.
    pub(super) fn shared(&self) -> Vec<Arc<Pooled>> {
        let live = locked(&self.live);
        let good = |p: &&Arc<Pooled>| p.usage == Use::Shared && p.is_good();
        live.iter().filter(good).cloned().collect()
    }

    /// A session that nobody uses, with its room taken.
    pub(super) fn own(&self) -> Option<(Arc<Pooled>, OwnedSemaphorePermit)> {
        let live = locked(&self.live);
        live.iter()
            .filter(|p| p.usage == Use::Own && p.is_good())
            .find_map(|p| Some((Arc::clone(p), Arc::clone(&p.room).try_acquire_owned().ok()?)))
    }

    pub(super) fn add(&self, pooled: Arc<Pooled>) {
        locked(&self.live).push(pooled);
    }

    /// Nobody begins anything on it any more; what runs on it ends as it will.
    pub(super) fn retire(&self, pooled: &Arc<Pooled>) {
        pooled.room.close();
        locked(&self.live).retain(|p| !Arc::ptr_eq(p, pooled));
    }

    /// Removes the sessions that have ended, and tells whether one of them had only just begun.
    pub(super) fn sweep(&self) -> bool {
        let mut hasty = false;
        self.remove(|p| {
            let ended = !p.is_good();
            hasty |= ended && p.since.elapsed() < STEADY;
            ended
        });
        hasty
    }

    /// Removes sessions and answers them.
    pub(super) fn remove(&self, mut which: impl FnMut(&Pooled) -> bool) -> Vec<Arc<Pooled>> {
        let mut removed = Vec::new();
        locked(&self.live).retain(|p| {
            let goes = which(p);
            if goes {
                p.room.close();
                removed.push(Arc::clone(p));
            }
            !goes
        });
        removed
    }

    /// The one that was idle for longest.
    pub(super) fn oldest_idle(&self) -> Option<Arc<Pooled>> {
        let live = locked(&self.live);
        let idle = live.iter().filter(|p| p.is_idle());
        idle.min_by_key(|p| p.last_used()).cloned()
    }

    /// Sessions, and those of them in use.
    pub(super) fn count(&self) -> (usize, usize) {
        let live = locked(&self.live);
        let good: Vec<_> = live.iter().filter(|p| p.is_good()).collect();
        let busy = good.iter().filter(|p| !p.is_idle()).count();
        (good.len(), busy)
    }

    pub(super) fn is_empty(&self) -> bool {
        locked(&self.live).is_empty()
    }
}
