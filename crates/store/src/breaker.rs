//! While a server is down, nobody waits for it: after a pause that grows somebody looks beside the callers, and all of them
//! are told at once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ports::Clock;
use futures_util::future::BoxFuture;

use crate::text;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Whoever comes when it is time to look again waits so long for what is found: a server that is back is noticed at once,
/// and one that is frozen keeps nobody.
const GLANCE: Duration = Duration::from_millis(250);
/// A full pool from which nothing came for so long is not busy: its connections hang.
const STUCK: Duration = Duration::from_secs(4);

/// Looks whether the server answers.
type Probe = Box<dyn Fn() -> BoxFuture<'static, Result<(), sqlx::Error>> + Send + Sync>;

/// Lets calls to a server pass, or not.
pub(crate) struct Breaker(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    probe: Probe,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    down: Option<Down>,
    /// When a call last came through.
    good: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy)]
struct Down {
    pause: Duration,
    since: DateTime<Utc>,
    /// Somebody looks at this moment.
    looking: bool,
}

impl Breaker {
    /// `probe` makes a connection, or waits for one in vain for a bounded time. It runs beside the callers.
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        probe: impl Fn() -> BoxFuture<'static, Result<(), sqlx::Error>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            clock,
            probe: Box::new(probe),
            state: Mutex::default(),
        }))
    }

    /// Makes a connection by `call`, unless the server was found down just now. `busy` tells whether the pool has
    /// all the connections that it may have: waiting for one of them in vain is not the server's doing.
    pub(crate) async fn pass<T>(
        &self,
        call: impl Future<Output = Result<T, sqlx::Error>>,
        busy: impl FnOnce() -> bool,
    ) -> Result<T, sqlx::Error> {
        let inner = &self.0;
        if inner.is_known_down() && !inner.clone().is_back().await {
            let told = std::io::Error::new(std::io::ErrorKind::NotConnected, text::SERVER_DOWN);
            return Err(sqlx::Error::Io(told));
        }
        let outcome = call.await.map_err(hung_up);
        match &outcome {
            Ok(_) => inner.is_up(),
            // The pool is busy or closed: that says nothing about the server.
            Err(sqlx::Error::PoolClosed) => {}
            Err(sqlx::Error::PoolTimedOut) if busy() && !inner.is_stuck() => {}
            Err(_) => inner.is_down(),
        }
        outcome
    }
}

impl Inner {
    fn is_known_down(&self) -> bool {
        self.locked().down.is_some()
    }

    /// Whoever comes first after the pause has somebody look, beside it: no caller waits for a server that is frozen.
    async fn is_back(self: Arc<Self>) -> bool {
        if !self.may_look() {
            return false;
        }
        let looking = tokio::spawn(async move {
            let found = (self.probe)().await;
            self.looked(found.is_ok());
            found.is_ok()
        });
        let found = tokio::time::timeout(GLANCE, looking).await;
        matches!(found, Ok(Ok(true)))
    }

    /// One at a time, and not before the pause is over. A clock that went back ends it.
    fn may_look(&self) -> bool {
        let mut state = self.locked();
        let Some(down) = &mut state.down else {
            return true;
        };
        let now = self.clock.now();
        let pause = TimeDelta::from_std(down.pause).unwrap_or(TimeDelta::MAX);
        let over = now < down.since || now - down.since >= pause;
        let may = over && !down.looking;
        down.looking |= may;
        may
    }

    fn looked(&self, is_there: bool) {
        match is_there {
            true => self.is_up(),
            false => self.is_down(),
        }
    }

    fn is_up(&self) {
        let now = self.clock.now();
        let before = {
            let mut state = self.locked();
            state.good = Some(now);
            state.down.take()
        };
        if before.is_some() {
            tracing::info!("the database answers again");
        }
    }

    /// True when the connections that are out came to nothing.
    fn is_stuck(&self) -> bool {
        let stuck = TimeDelta::from_std(STUCK).unwrap_or(TimeDelta::MAX);
        let good = self.locked().good;
        good.is_none_or(|good| self.clock.now() - good >= stuck)
    }

    fn is_down(&self) {
        let mut state = self.locked();
        let pause = match state.down {
            None => {
                tracing::warn!("the database does not answer; trying again with growing pauses");
                FIRST_PAUSE
            }
            Some(found) => (found.pause * 2).min(LONGEST_PAUSE),
        };
        state.down = Some(Down {
            pause,
            since: self.clock.now(),
            looking: false,
        });
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use std::time::Instant;

    use super::*;

    /// A clock that is moved by hand, in milliseconds.
    #[derive(Default)]
    struct Hand(AtomicU32);

    #[async_trait::async_trait]
    impl Clock for Hand {
        fn now(&self) -> DateTime<Utc> {
            let now = i64::from(self.0.load(Ordering::SeqCst));
            DateTime::from_timestamp_millis(1_700_000_000_000 + now).unwrap()
        }
        async fn sleep(&self, _: Duration) {
            std::future::pending().await
        }
    }

    /// What the server does when somebody connects: answers, hangs or refuses.
    struct Server {
        frozen: AtomicBool,
        gone: AtomicBool,
        probes: AtomicU32,
    }

    struct Scene {
        clock: Arc<Hand>,
        server: Arc<Server>,
        breaker: Breaker,
    }

    fn scene() -> Scene {
        let clock = Arc::new(Hand::default());
        let server = Arc::new(Server {
            frozen: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            probes: AtomicU32::new(0),
        });
        let asked = Arc::clone(&server);
        let breaker = Breaker::new(clock.clone(), move || {
            asked.probes.fetch_add(1, Ordering::SeqCst);
            Box::pin(asked.clone().connect())
        });
        Scene {
            clock,
            server,
            breaker,
        }
    }

    impl Server {
        async fn connect(self: Arc<Self>) -> Result<(), sqlx::Error> {
            if self.frozen.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            match self.gone.load(Ordering::SeqCst) {
                true => Err(sqlx::Error::PoolTimedOut),
                false => Ok(()),
            }
        }
    }

    impl Scene {
        async fn pass(&self) -> Result<(), sqlx::Error> {
            let call = self.server.clone().connect();
            self.breaker.pass(call, || false).await
        }

        fn later(&self, milliseconds: u32) {
            self.clock.0.fetch_add(milliseconds, Ordering::SeqCst);
        }

        async fn find_down(&self) {
            self.server.gone.store(true, Ordering::SeqCst);
            self.pass().await.unwrap_err();
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_server_that_is_known_to_be_frozen() {
        let scene = scene();
        scene.find_down().await;
        scene.server.frozen.store(true, Ordering::SeqCst);
        for _ in 0..20 {
            scene.later(6_000);
            let begun = Instant::now();
            let told = scene.pass().await.unwrap_err();
            assert!(matches!(told, sqlx::Error::Io(_)), "{told:?}");
            assert!(begun.elapsed() < GLANCE * 3, "{:?}", begun.elapsed());
        }
        assert_eq!(scene.server.probes.load(Ordering::SeqCst), 1, "one looks");
    }

    #[tokio::test]
    async fn the_first_one_after_the_pause_finds_a_server_that_is_back() {
        let scene = scene();
        scene.find_down().await;
        scene.server.gone.store(false, Ordering::SeqCst);
        assert!(scene.pass().await.is_err(), "the pause is not over");
        assert_eq!(scene.server.probes.load(Ordering::SeqCst), 0);
        scene.later(200);
        scene.pass().await.unwrap();
        scene.pass().await.unwrap();
        assert_eq!(scene.server.probes.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn the_pause_grows_while_it_stays_away() {
        let scene = scene();
        scene.find_down().await;
        for wait in [200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
            scene.later(wait - 1);
            let before = scene.server.probes.load(Ordering::SeqCst);
            scene.pass().await.unwrap_err();
            assert_eq!(scene.server.probes.load(Ordering::SeqCst), before, "{wait}");
            scene.later(1);
            scene.pass().await.unwrap_err();
            assert_eq!(
                scene.server.probes.load(Ordering::SeqCst),
                before + 1,
                "{wait}"
            );
        }
    }

    /// All connections hang in a frozen server: that is no busy pool.
    #[tokio::test]
    async fn a_full_pool_that_gives_nothing_is_a_server_that_is_down() {
        let scene = scene();
        scene.pass().await.unwrap();
        let full = async || {
            let call = std::future::ready(Err::<(), _>(sqlx::Error::PoolTimedOut));
            scene.breaker.pass(call, || true).await.unwrap_err();
            scene.breaker.0.is_known_down()
        };
        scene.later(1_000);
        assert!(!full().await, "something came a moment ago");
        scene.later(4_000);
        assert!(full().await);
    }
}
