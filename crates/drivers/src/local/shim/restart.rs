//! When a crashed app is started again, and when it is given up. Pure.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::wire::CrashPolicy;

/// The crashes of one app so far.
#[derive(Debug)]
pub struct Restarts {
    policy: CrashPolicy,
    crashes: Vec<DateTime<Utc>>,
    in_a_row: u32,
    /// Times it was started again.
    pub count: u32,
    /// Kills for memory that were seen so far.
    pub ooms: u64,
}

/// What to do after a crash.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Start it again after this.
    After(Duration),
    /// It crashed past the bound.
    GiveUp,
}

impl Restarts {
    /// No crash yet.
    pub fn new(policy: CrashPolicy) -> Self {
        Self {
            policy,
            crashes: Vec::new(),
            in_a_row: 0,
            count: 0,
            ooms: 0,
        }
    }

    /// Counts a crash of an app that ran from `since` to `now`.
    pub fn crashed(&mut self, since: DateTime<Utc>, now: DateTime<Utc>) -> Verdict {
        let within = TimeDelta::from_std(self.policy.within).unwrap_or(TimeDelta::MAX);
        if now - since >= within {
            self.in_a_row = 0;
            self.crashes.clear();
        }
        self.crashes.retain(|at| now - *at < within);
        self.crashes.push(now);
        if self.crashes.len() >= self.policy.crashes {
            return Verdict::GiveUp;
        }
        let wait = self.policy.first.saturating_mul(1 << self.in_a_row.min(20));
        self.in_a_row += 1;
        self.count += 1;
        Verdict::After(wait.min(self.policy.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn waits_double_up_to_the_longest_and_the_bound_ends_it() {
        let mut restarts = Restarts::new(CrashPolicy::default());
        let waits: Vec<Verdict> = (0..10)
            .map(|n| restarts.crashed(at(n), at(n + 1)))
            .collect();
        assert_eq!(waits[0], Verdict::After(Duration::from_millis(100)));
        assert_eq!(waits[1], Verdict::After(Duration::from_millis(200)));
        assert_eq!(waits[8], Verdict::After(Duration::from_millis(25_600)));
        assert_eq!(waits[9], Verdict::GiveUp);
        assert_eq!(restarts.count, 9);
    }

    #[test]
    fn an_app_that_stayed_up_starts_afresh() {
        let mut restarts = Restarts::new(CrashPolicy::default());
        for n in 0..9 {
            restarts.crashed(at(n), at(n));
        }
        let again = restarts.crashed(at(10), at(10 + 600));
        assert_eq!(again, Verdict::After(Duration::from_millis(100)));
    }

    #[test]
    fn rare_crashes_never_add_up() {
        let mut restarts = Restarts::new(CrashPolicy::default());
        for n in 0..100 {
            let verdict = restarts.crashed(at(n * 300), at(n * 300 + 299));
            assert_ne!(verdict, Verdict::GiveUp);
        }
    }
}
