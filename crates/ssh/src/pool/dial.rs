//! When a target may be called again.

use std::time::Duration;

use tokio::time::Instant;

use super::PoolLimits;
use crate::error::SshError;

/// The calls of one target so far.
#[derive(Default)]
pub(super) struct Dial {
    failures: u32,
    last: Option<(Instant, SshError)>,
    not_before: Option<Instant>,
}

impl Dial {
    /// The error of an attempt that ended after this moment: it was made for us too.
    pub(super) fn failed_since(&self, asked: Instant) -> Option<SshError> {
        let (at, error) = self.last.as_ref()?;
        (*at >= asked).then(|| error.clone())
    }

    /// When the pause is over.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    pub(super) fn last_error(&self) -> Option<SshError> {
        self.last.as_ref().map(|(_, error)| error.clone())
    }

    pub(super) fn worked(&mut self) {
        *self = Self {
            failures: self.failures.min(1),
            ..Self::default()
        };
    }

    /// A session lived, and ended only later: whatever failed before is over.
    pub(super) fn steady(&mut self) {
        if self.last.is_none() {
            self.failures = 0;
        }
    }

    pub(super) fn failed(&mut self, error: SshError, limits: &PoolLimits) {
        self.pause(limits);
        self.last = Some((Instant::now(), error));
    }

    pub(super) fn pause(&mut self, limits: &PoolLimits) {
        let pause = pause(self.failures, limits);
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(Instant::now() + pause);
    }

    /// Nothing that has to be remembered.
    pub(super) fn is_over(&self) -> bool {
        self.not_before.is_none_or(|at| at <= Instant::now())
    }
}

fn pause(failures: u32, limits: &PoolLimits) -> Duration {
    let factor = 2_u32.saturating_pow(failures.min(16));
    limits
        .pause
        .saturating_mul(factor)
        .min(limits.longest_pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_most() {
        let limits = PoolLimits::default();
        let pauses: Vec<_> = [0, 1, 2, 4, 5, 4_000_000_000]
            .map(|failures| pause(failures, &limits).as_millis())
            .into();
        assert_eq!(pauses, [100, 200, 400, 1600, 2000, 2000]);
    }
}
