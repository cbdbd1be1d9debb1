//! Pauses between attempts: doubled each time, with jitter, bounded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A source of jitter (splitmix64). Not for secrets.
#[derive(Debug)]
pub(crate) struct Jitter(AtomicU64);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Jitter {
        Jitter(AtomicU64::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between the half and the whole of a pause.
    fn of(&self, pause: Duration) -> Duration {
        let half = pause / 2;
        let thousandth = u32::try_from(self.next() % 1000).unwrap_or(0);
        half + half * thousandth / 1000
    }
}

/// The pauses of one wait.
#[derive(Debug)]
pub(crate) struct Backoff<'a> {
    jitter: &'a Jitter,
    next: Duration,
    most: Duration,
}

impl<'a> Backoff<'a> {
    pub(crate) fn new(jitter: &'a Jitter, first: Duration, most: Duration) -> Backoff<'a> {
        Backoff {
            jitter,
            next: first,
            most,
        }
    }

    /// Waits, longer each time.
    pub(crate) async fn pause(&mut self) {
        let pause = self.jitter.of(self.next);
        self.next = (self.next * 2).min(self.most);
        tokio::time::sleep(pause).await;
    }
}
