//! The right to use a session for one thing.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::OwnedSemaphorePermit;

use super::Shared;
use super::place::{Place, Pooled};
use crate::session::Session;

/// The shared session of a target, for one command at a time; given back when dropped. It is shared: for downloads and
/// forwards, whose readers may be slow, call the [`Pool`](super::Pool)'s own.
pub struct Lease {
    pub(super) pooled: Arc<Pooled>,
    pub(super) place: Arc<Place>,
    pub(super) pool: Arc<Shared>,
    room: Option<Room>,
}

/// A place in the session, and for one who uses it alone the right to do so.
pub(super) type Room = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

impl Lease {
    pub(super) fn new(
        pooled: Arc<Pooled>,
        room: Room,
        place: Arc<Place>,
        pool: Arc<Shared>,
    ) -> Self {
        pooled.touch();
        Self {
            pooled,
            place,
            pool,
            room: Some(room),
        }
    }

    /// What its user needs after having given it away.
    pub(super) fn parts(&self) -> (Session, Arc<Pooled>, Arc<Place>) {
        (
            self.pooled.session.clone(),
            Arc::clone(&self.pooled),
            Arc::clone(&self.place),
        )
    }
}

impl Deref for Lease {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.pooled.session
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pooled.touch();
        self.room = None;
        // Somebody waits for room for another target.
        if self.pool.starving.load(Ordering::Acquire) > 0 && self.pooled.is_idle() {
            self.place.retire(&self.pooled);
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pooled.session.fmt(f)
    }
}
