//! While a server is down, nobody waits for it: one caller tries again after a pause that grows, all others are told at
//! once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ports::Clock;

use crate::text;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Lets calls to a server pass, or not.
pub(crate) struct Breaker {
    clock: Arc<dyn Clock>,
    down: Mutex<Option<Down>>,
}

#[derive(Clone, Copy)]
struct Down {
    pause: Duration,
    since: DateTime<Utc>,
}

impl Breaker {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            down: Mutex::new(None),
        }
    }

    /// Makes a connection by `call`, unless the server was found down just now. `busy` tells whether the pool has
    /// all the connections that it may have: waiting for one of them in vain is not the server's doing.
    pub(crate) async fn pass<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
        busy: impl FnOnce() -> bool,
    ) -> Result<T, sqlx::Error> {
        if !self.may_try() {
            let told = std::io::Error::new(std::io::ErrorKind::NotConnected, text::SERVER_DOWN);
            return Err(sqlx::Error::Io(told));
        }
        let outcome = call.await.map_err(hung_up);
        match &outcome {
            Ok(_) => self.is_up(),
            // The pool is busy or closed: that says nothing about the server.
            Err(sqlx::Error::PoolClosed) => {}
            Err(sqlx::Error::PoolTimedOut) if busy() => {}
            Err(_) => self.is_down(),
        }
        outcome
    }

    /// Whoever comes first after the pause tries; the pause begins anew for all others. A clock that went back ends it.
    fn may_try(&self) -> bool {
        let mut down = self.locked();
        let Some(found) = *down else { return true };
        let now = self.clock.now();
        let pause = TimeDelta::from_std(found.pause).unwrap_or(TimeDelta::MAX);
        let over = now < found.since || now - found.since >= pause;
        if over {
            *down = Some(Down {
                since: now,
                ..found
            });
        }
        over
    }

    fn is_up(&self) {
        let before = self.locked().take();
        if before.is_some() {
            tracing::info!("the database answers again");
        }
    }

    fn is_down(&self) {
        let mut down = self.locked();
        let pause = match *down {
            None => {
                tracing::warn!("the database does not answer; trying again with growing pauses");
                FIRST_PAUSE
            }
            Some(found) => (found.pause * 2).min(LONGEST_PAUSE),
        };
        *down = Some(Down {
            pause,
            since: self.clock.now(),
        });
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Option<Down>> {
        self.down
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A server that goes away while it is greeted says something unexpected: nothing at all.
fn hung_up(error: sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::Protocol(what) => sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::ConnectionAborted,
            what,
        )),
        other => other,
    }
}
