//! The world: what a test holds in its hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::guest::AppState;
use domain::plan::Runtime;
use domain::ports::{Clock, Cluster, Dice, Driver, Machines, Probe, Router, Source};

use crate::call::{Boundary, Op};
use crate::clock::SimClock;
use crate::cluster::SimCluster;
use crate::driver::SimDriver;
use crate::fault::{Fault, Gate};
use crate::handles::{AppHandle, RepoHandle};
use crate::hub::Hub;
use crate::machines::SimMachines;
use crate::probe::SimProbe;
use crate::router::SimRouter;
use crate::source::SimSource;
use crate::timeline::{TimeMode, Timeline};

/// So long a test waits in real time for something to become true.
const PATIENCE: Duration = Duration::from_secs(20);

/// A simulated machine with its gateway and the repositories of the world around it. Dropping it fails the test when
/// anything is left on it (unless [`World::leave_ok`]) or a rule was broken.
pub struct World {
    pub(crate) hub: Arc<Hub>,
    pub(crate) leave_ok: AtomicBool,
    seed: u8,
}

/// One life of the engine's process: the ports, ready to be handed over.
#[expect(missing_docs, reason = "named after the ports")]
pub struct Plug {
    pub driver: Arc<dyn Driver>,
    pub router: Arc<dyn Router>,
    pub probe: Arc<dyn Probe>,
    pub source: Arc<dyn Source>,
    pub clock: Arc<dyn Clock>,
    pub dice: Arc<Dice>,
    pub cluster: Arc<dyn Cluster>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty world whose time moves by itself up to five seconds at a time.
    pub fn new() -> Self {
        Self::with_time(TimeMode::Auto(Duration::from_secs(5)))
    }

    /// An empty world.
    pub fn with_time(mode: TimeMode) -> Self {
        Self {
            hub: Arc::new(Hub::new(Timeline::new(mode))),
            leave_ok: AtomicBool::new(false),
            seed: 1,
        }
    }

    /// Another seed for the dice.
    #[must_use]
    pub fn seeded(mut self, seed: u8) -> Self {
        self.seed = seed;
        self
    }

    /// The ports for one life of the engine.
    pub fn plug(&self) -> Plug {
        let (hub, life) = (self.hub.clone(), self.hub.new_life());
        let mut seed = [self.seed; 32];
        // Another life must not repeat the ids of the one before.
        seed[..4].copy_from_slice(&life.number.to_le_bytes());
        Plug {
            driver: Arc::new(SimDriver {
                hub: hub.clone(),
                life: life.clone(),
            }),
            router: Arc::new(SimRouter {
                hub: hub.clone(),
                life: life.clone(),
            }),
            probe: Arc::new(SimProbe {
                hub: hub.clone(),
                life: life.clone(),
            }),
            source: Arc::new(SimSource {
                hub: hub.clone(),
                life: life.clone(),
            }),
            cluster: Arc::new(SimCluster {
                hub: hub.clone(),
                life: life.clone(),
            }),
            clock: Arc::new(SimClock { hub, life }),
            dice: Arc::new(Dice::seeded(seed)),
        }
    }

    /// An empty notebook for a driver of a cluster, on this world's time.
    pub fn machines(&self) -> Arc<dyn Machines> {
        Arc::new(SimMachines {
            hub: self.hub.clone(),
            book: std::sync::Mutex::default(),
        })
    }

    /// The apps of a host label.
    pub fn app<'a>(&'a self, label: &'a str) -> AppHandle<'a> {
        AppHandle {
            hub: &self.hub,
            label,
        }
    }

    /// The repository at a URL, made when it is not there. A text that is no Git URL fails the test.
    #[track_caller]
    pub fn repo(&self, url: &str) -> RepoHandle<'_> {
        match url.parse() {
            Ok(url) => RepoHandle {
                hub: &self.hub,
                url,
            },
            Err(error) => panic!("{url}: {error}"),
        }
    }

    // --- faults ---

    /// The next `times` calls fail.
    pub fn fail(&self, op: Op, fault: Fault, times: u32) {
        self.hub
            .control(|control| control.faults.add(op, None, 0, times, fault));
    }

    /// The `nth` call from now, counted from 1, fails.
    pub fn fail_nth(&self, op: Op, nth: u32, fault: Fault) {
        self.hub.control(|control| {
            control
                .faults
                .add(op, None, nth.saturating_sub(1), 1, fault)
        });
    }

    /// The next `times` calls about this subject (see [`Call::subject`]) fail.
    pub fn fail_about(&self, op: Op, subject: &str, fault: Fault, times: u32) {
        self.hub.control(|control| {
            control
                .faults
                .add(op, Some(subject.to_owned()), 0, times, fault)
        });
    }

    /// Faults that have not struck yet are called off.
    pub fn heal(&self) {
        self.hub.control(|control| control.faults.clear());
    }

    /// The next call of this kind hangs until the gate opens.
    pub fn hold(&self, op: Op) -> Gate {
        self.hub.control(|control| control.faults.hold(op))
    }

    /// Calls this at every boundary, from the engine's task. Must not block.
    pub fn on_call(&self, hook: impl Fn(&Boundary) + Send + Sync + 'static) {
        self.hub
            .control(|control| control.hook = Some(Arc::new(hook)));
    }

    /// No room: making a guest and `has_room` say so.
    pub fn fill(&self, full: bool) {
        self.hub.state(|state| state.full = full);
    }

    /// Whether guests can be frozen here.
    pub fn can_freeze(&self, can: bool) {
        self.hub.state(|state| state.can_freeze = can);
    }

    /// Addresses of new guests are handout sockets instead of TCP.
    pub fn handout(&self, handout: bool) {
        self.hub.state(|state| state.handout = handout);
    }

    /// The version of a runtime here; none: it is missing.
    pub fn runtime(&self, runtime: Runtime, version: Option<&str>) {
        self.hub.state(|state| match version {
            Some(version) => drop(state.runtimes.insert(runtime, version.to_owned())),
            None => drop(state.runtimes.remove(&runtime)),
        });
    }

    /// The machine restarts: every app is down, every command gone; guests, artifacts and the gateway's table stay.
    pub fn reboot(&self) {
        self.hub.kill();
        self.hub.state(|state| {
            for guest in state.guests.values_mut() {
                guest.running.clear();
                if !matches!(guest.app, AppState::Stopped) {
                    let last_exit = "the machine restarted".to_owned();
                    guest.app = AppState::Down {
                        last_exit,
                        crash_loop: false,
                    };
                }
            }
            state.in_flight.clear();
        });
    }

    /// The gateway loses its table.
    pub fn forget_routes(&self) {
        self.hub.state(|state| state.table.clear());
    }

    // --- the engine's death ---

    /// Kills every life there is at this boundary (see [`Boundary::index`]).
    pub fn crash_at(&self, boundary: u64) {
        self.hub
            .control(|control| control.crash_at = Some(boundary));
    }

    /// Kills every life there is, now.
    pub fn kill(&self) {
        self.hub.kill();
    }

    /// Waits for the `nth` death, counted from 1 over the life of the world. False when it did not come in time.
    pub async fn crashed(&self, nth: u32) -> bool {
        let mut crashes = self.hub.crashes.subscribe();
        let seen = crashes.wait_for(|count| *count >= nth);
        tokio::time::timeout(PATIENCE, seen)
            .await
            .is_ok_and(|seen| seen.is_ok())
    }

    /// How many boundaries there were so far.
    pub fn boundaries(&self) -> u64 {
        self.hub.control(|control| control.boundaries)
    }

    // --- time ---

    /// Moves time.
    pub fn advance(&self, by: Duration) {
        self.hub.time.advance(by);
    }

    /// Changes how time moves.
    pub fn set_time(&self, mode: TimeMode) {
        self.hub.time.set_mode(mode);
    }

    /// How many sleeps are under way.
    pub fn sleepers(&self) -> usize {
        self.hub.time.sleepers()
    }

    /// Waits until something is true; looks again whenever the world changes, and fails the test after twenty seconds.
    pub async fn until(&self, what: &str, mut is_true: impl FnMut(&Self) -> bool) {
        let mut bell = self.hub.bell.subscribe();
        let wait = async {
            while !is_true(self) {
                // Sleeps under way do not ring: look again now and then.
                let _ = tokio::time::timeout(Duration::from_millis(20), bell.changed()).await;
            }
        };
        let came = tokio::time::timeout(PATIENCE, wait).await.is_ok();
        assert!(
            came,
            "{what} did not come true; broken rules: {:#?}; there is {:#?}; calls: {:#?}",
            self.violations(),
            self.inventory(),
            self.last_calls()
        );
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.hub.kill();
        if std::thread::panicking() {
            return;
        }
        self.assert_rules();
        if !self.leave_ok.load(Ordering::SeqCst) {
            let left = self.inventory();
            assert!(left.is_empty(), "left on the machine: {left:#?}");
        }
    }
}
