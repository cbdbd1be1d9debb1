//! Time and randomness as parameters: the global ones are forbidden by lint.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The wall clock, and waiting on it.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Now, UTC.
    fn now(&self) -> DateTime<Utc>;

    /// Waits. Never used to guess that something else is done.
    async fn sleep(&self, duration: Duration);
}

/// The real wall clock. Waiting is left to the runtime's timer by the binary that wires it.
pub struct SystemClock<S>(S);

impl<S, F> SystemClock<S>
where
    S: Fn(Duration) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    /// A clock that waits by this timer.
    pub fn new(timer: S) -> Self {
        Self(timer)
    }
}

#[async_trait]
impl<S, F> Clock for SystemClock<S>
where
    S: Fn(Duration) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the global clock is read"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn sleep(&self, duration: Duration) {
        (self.0)(duration).await;
    }
}

/// Randomness: seeded by the operating system in the binary, by a number in tests.
pub struct Dice(Mutex<StdRng>);

impl Dice {
    /// Randomness from this seed.
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self(Mutex::new(StdRng::from_seed(seed)))
    }

    /// Runs `roll` with the generator.
    pub fn roll<T>(&self, roll: impl FnOnce(&mut dyn rand::Rng) -> T) -> T {
        let mut rng = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        roll(&mut *rng)
    }
}
