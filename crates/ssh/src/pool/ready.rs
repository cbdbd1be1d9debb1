//! Sessions that are up, and room in them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_all;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::place::{Place, Pooled, Use};
use super::take::{Taken, Taking};
use crate::error::SshError;

/// Commands that run on and on (somebody follows a log) must not keep the others out. When nothing has become free for
/// this long, the target gets one more session.
const PATIENCE: Duration = Duration::from_secs(3);

/// What there is.
pub(super) enum Ready {
    /// A session with room, which is taken.
    Taken((Arc<Pooled>, OwnedSemaphorePermit)),
    /// One of them ended or was retired meanwhile: look again.
    Changed,
    /// Of so many none had room.
    Wanting(usize),
}

impl Taking<'_> {
    /// A session that is up, as soon as it has room.
    pub(super) async fn ready(&self, place: &Place) -> Result<Ready, SshError> {
        if self.usage == Use::Own {
            return Ok(place.own().map_or(Ready::Wanting(0), Ready::Taken));
        }
        let sessions = place.shared();
        if sessions.is_empty() {
            return Ok(Ready::Wanting(0));
        }
        let grows = sessions.len() < self.pool.limits.shared;
        let patience = Instant::now() + PATIENCE;
        let until = match grows {
            true => patience.min(self.until),
            false => self.until,
        };
        match timeout_at(until, room_in(&sessions)).await {
            Ok(taken) => Ok(taken.map_or(Ready::Changed, Ready::Taken)),
            Err(_) if until < self.until => Ok(Ready::Wanting(sessions.len())),
            Err(_) => Err(self.busy()),
        }
    }

    /// Whether a session is still wanted by one who found this many, all full; another may have made one meanwhile.
    pub(super) fn still_wanting(&self, found: usize, place: &Place) -> bool {
        if self.usage == Use::Own {
            return true;
        }
        let sessions = place.shared();
        let full = |p: &Arc<Pooled>| p.room.available_permits() == 0;
        sessions.len() <= found && sessions.iter().all(full)
    }
}

/// Room in whichever has it first.
async fn room_in(sessions: &[Arc<Pooled>]) -> Taken {
    let wishes = sessions.iter().map(|p| Box::pin(room(Arc::clone(p))));
    let (taken, _, _) = select_all(wishes).await;
    taken.filter(|(pooled, _)| !pooled.session.is_closed())
}

async fn room(pooled: Arc<Pooled>) -> Option<(Arc<Pooled>, OwnedSemaphorePermit)> {
    let room = Arc::clone(&pooled.room).acquire_owned().await.ok()?;
    Some((pooled, room))
}
