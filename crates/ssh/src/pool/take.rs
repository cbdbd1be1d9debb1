//! Getting hold of a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::lease::Lease;
use super::place::{Key, Place, Pooled, Use};
use super::ready::Ready;
use super::{Pool, Shared};
use crate::error::SshError;
use crate::session::Session;
use crate::target::Target;

impl Pool {
    /// A session for one thing: one that is up, or a new one.
    ///
    /// # Errors
    /// As [`Session::connect`]; [`SshError::Busy`] when there is no room for too long.
    pub async fn session(&self, target: &Target) -> Result<Lease, SshError> {
        self.take(target, Use::Shared).await
    }

    pub(super) async fn take(&self, target: &Target, usage: Use) -> Result<Lease, SshError> {
        let taking = Taking {
            pool: &self.0,
            target,
            usage,
            asked: Instant::now(),
            until: Instant::now() + self.0.limits.wait,
        };
        let Ok(_queued) = self.0.queue.try_acquire() else {
            return Err(taking.busy());
        };
        loop {
            // Looked up each time: a place that was dropped meanwhile is nobody's.
            let place = self.0.place(target);
            let alone = taking.alone(&place).await?;
            if let Some((pooled, room)) = taking.take(&place).await? {
                let pool = Arc::clone(&self.0);
                return Ok(Lease::new(pooled, (room, alone), place, pool));
            }
        }
    }
}

impl Shared {
    fn place(&self, target: &Target) -> Arc<Place> {
        let key = Key::of(target);
        let mut table = self.table();
        let place = table.places.entry(key);
        Arc::clone(place.or_insert_with(|| Arc::new(Place::new(&self.limits))))
    }
}

pub(super) type Taken = Option<(Arc<Pooled>, OwnedSemaphorePermit)>;

/// One caller's wish.
pub(super) struct Taking<'a> {
    pub(super) pool: &'a Arc<Shared>,
    target: &'a Target,
    pub(super) usage: Use,
    asked: Instant,
    pub(super) until: Instant,
}

impl Taking<'_> {
    /// The right to one of the sessions that are used by one at a time.
    async fn alone(&self, place: &Place) -> Result<Option<OwnedSemaphorePermit>, SshError> {
        if self.usage == Use::Shared {
            return Ok(None);
        }
        match timeout_at(self.until, Arc::clone(&place.alone).acquire_owned()).await {
            Ok(Ok(alone)) => Ok(Some(alone)),
            _ => Err(self.busy()),
        }
    }

    /// `None` means that things have changed: look again.
    async fn take(&self, place: &Place) -> Result<Taken, SshError> {
        let found = match self.ready(place).await? {
            Ready::Taken(taken) => return Ok(Some(taken)),
            Ready::Changed => return Ok(None),
            Ready::Wanting(found) => found,
        };
        let Ok(mut dial) = timeout_at(self.until, place.dial.lock()).await else {
            return Err(self.busy());
        };
        if !self.still_wanting(found, place) {
            return Ok(None);
        }
        if let Some(error) = dial.failed_since(self.asked) {
            return Err(error);
        }
        match place.sweep() {
            true => dial.pause(&self.pool.limits),
            false => dial.steady(),
        }
        if let Some(at) = dial.not_before() {
            if at > self.until {
                return Err(dial.last_error().unwrap_or_else(|| self.busy()));
            }
            sleep_until(at).await;
        }
        let room = self.room().await?;
        match Session::connect(self.target).await {
            Ok(session) => {
                tracing::debug!(place = session.place(), usage = ?self.usage, "connected");
                dial.worked();
                Ok(self.add(place, session, room))
            }
            Err(error) => {
                tracing::debug!(%error, "not connected");
                dial.failed(error.clone(), &self.pool.limits);
                Err(error)
            }
        }
    }

    fn add(&self, place: &Place, session: Session, room: OwnedSemaphorePermit) -> Taken {
        let size = match self.usage {
            Use::Shared => self.pool.limits.channels.max(1),
            Use::Own => 1,
        };
        let pooled = Arc::new(Pooled::new(session, self.usage, size, room));
        // Taken before anybody else can see it.
        let taken = Arc::clone(&pooled.room).try_acquire_owned().ok()?;
        place.add(Arc::clone(&pooled));
        self.pool.keep();
        Some((pooled, taken))
    }

    /// Room for one more session; an idle one makes way.
    async fn room(&self) -> Result<OwnedSemaphorePermit, SshError> {
        let room = &self.pool.room;
        if let Ok(room) = Arc::clone(room).try_acquire_owned() {
            return Ok(room);
        }
        let _starving = Starving::new(&self.pool.starving);
        self.pool.evict();
        match timeout_at(self.until, Arc::clone(room).acquire_owned()).await {
            Ok(Ok(room)) => Ok(room),
            _ => Err(self.busy()),
        }
    }

    pub(super) fn busy(&self) -> SshError {
        let place = self.target.place();
        SshError::Busy { place }
    }
}

/// Counted as long as it lives.
struct Starving<'a>(&'a AtomicUsize);

impl<'a> Starving<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Starving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
