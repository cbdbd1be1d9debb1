//! Simulated time, shared by every clock of a world.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// How simulated time moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeMode {
    /// Only by [`crate::World::advance`].
    Manual,
    /// Also by itself: once nothing has happened in the world for a moment, it jumps to the earliest end of a sleep,
    /// where that is at most so far away. Retries and polls then cost no real time, and longer ones (time-outs, warm
    /// guests) still wait for [`crate::World::advance`].
    Auto(Duration),
}

/// So long must nothing have happened before time jumps.
const QUIET: Duration = Duration::from_millis(2);

pub(crate) struct Timeline {
    inner: Mutex<Inner>,
    moved: watch::Sender<u64>,
}

struct Inner {
    now: DateTime<Utc>,
    mode: TimeMode,
    /// Ends of the sleeps under way, by ticket.
    sleeping: Vec<(u64, DateTime<Utc>)>,
    ticket: u64,
    /// Counts whatever happens in the world.
    activity: u64,
}

impl Timeline {
    pub fn new(mode: TimeMode) -> Self {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
        let inner = Inner {
            now,
            mode,
            sleeping: Vec::new(),
            ticket: 0,
            activity: 0,
        };
        Self {
            inner: Mutex::new(inner),
            moved: watch::Sender::new(0),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.activity += 1;
        change(&mut inner)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.with(|inner| inner.now)
    }

    pub fn set_mode(&self, mode: TimeMode) {
        self.with(|inner| inner.mode = mode);
        self.moved.send_modify(|n| *n += 1);
    }

    pub fn advance(&self, by: Duration) {
        self.with(|inner| inner.now += delta(by));
        self.moved.send_modify(|n| *n += 1);
    }

    /// Something happens: time does not jump at this moment.
    pub fn stir(&self) {
        self.with(|_| ());
    }

    pub fn sleepers(&self) -> usize {
        self.with(|inner| inner.sleeping.len())
    }

    pub async fn sleep(&self, duration: Duration) {
        let mut moved = self.moved.subscribe();
        let sleep = self.lie_down(duration);
        loop {
            moved.mark_unchanged();
            let (now, before) = self.look();
            if now >= sleep.end {
                return;
            }
            if tokio::time::timeout(QUIET, moved.changed()).await.is_err() {
                self.jump_if_quiet(sleep.ticket, before);
            }
        }
    }

    /// The time and the count of what happened; looking is no event.
    fn look(&self) -> (DateTime<Utc>, u64) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        (inner.now, inner.activity)
    }

    fn lie_down(&self, duration: Duration) -> Asleep<'_> {
        self.with(|inner| {
            inner.ticket += 1;
            let end = inner.now + delta(duration);
            inner.sleeping.push((inner.ticket, end));
            Asleep {
                timeline: self,
                ticket: inner.ticket,
                end,
            }
        })
    }

    /// The earliest sleeper moves time to its own end, when nothing has happened since it last looked.
    fn jump_if_quiet(&self, ticket: u64, before: u64) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let TimeMode::Auto(reach) = inner.mode else {
            return;
        };
        let Some(&(first, end)) = inner
            .sleeping
            .iter()
            .min_by_key(|(ticket, end)| (*end, *ticket))
        else {
            return;
        };
        let quiet = inner.activity == before;
        if quiet && first == ticket && end <= inner.now + delta(reach) {
            inner.now = end.max(inner.now);
            inner.activity += 1;
            drop(inner);
            self.moved.send_modify(|n| *n += 1);
        }
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::days(36500))
}

struct Asleep<'a> {
    timeline: &'a Timeline,
    ticket: u64,
    end: DateTime<Utc>,
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.timeline
            .with(|inner| inner.sleeping.retain(|(ticket, _)| *ticket != self.ticket));
    }
}
