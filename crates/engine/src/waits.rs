//! Jobs that wait for something that passes: a cluster without quorum, a place that is full. They go back on the queue and
//! come again, later each time; what they wait for is told once, and again when it changes or after a while.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::job::Lease;
use domain::{DeploymentId, JobId};

/// The first pause; it doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
/// The same words are told again after this long.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// More than this many are not remembered: those that began first go.
const MOST: usize = 10_000;

/// What a deployment waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// In words: `the cluster has no quorum`.
    pub why: String,
    /// Since when, UTC.
    pub since: DateTime<Utc>,
    /// When it is tried again, UTC.
    pub next: DateTime<Utc>,
}

/// Every job of this server that waits; one for each deployment, since their jobs run one at a time.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<HashMap<DeploymentId, Wait>>);

#[derive(Debug)]
struct Wait {
    job: JobId,
    waiting: Waiting,
    pause: Duration,
    told: DateTime<Utc>,
}

impl Waits {
    fn all(&self) -> MutexGuard<'_, HashMap<DeploymentId, Wait>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a job waits (still); true when there is news to tell.
    pub fn note(&self, lease: &Lease, why: &str, now: DateTime<Utc>) -> bool {
        let mut all = self.all();
        let before = all.remove(&lease.deployment);
        let before = before.filter(|wait| wait.job == lease.job);
        let pause = before
            .as_ref()
            .map_or(FIRST, |wait| (wait.pause * 2).min(LONGEST));
        let same = before
            .as_ref()
            .filter(|wait| wait.waiting.why == why && now - wait.told < AGAIN);
        let (is_news, told) = same.map_or((true, now), |wait| (false, wait.told));
        let since = before.as_ref().map_or(now, |wait| wait.waiting.since);
        make_room(&mut all);
        let wait = Wait {
            job: lease.job,
            waiting: Waiting {
                why: why.to_owned(),
                since,
                next: now + pause,
            },
            pause,
            told,
        };
        all.insert(lease.deployment, wait);
        is_news
    }

    /// True while this job is one that waits.
    pub fn holds(&self, lease: &Lease) -> bool {
        let all = self.all();
        all.get(&lease.deployment)
            .is_some_and(|wait| wait.job == lease.job)
    }

    /// How long the job stays on the queue now.
    pub fn pause(&self, lease: &Lease) -> Duration {
        let all = self.all();
        all.get(&lease.deployment).map_or(FIRST, |wait| wait.pause)
    }

    /// It does not wait any more; another job of its deployment may.
    pub fn over(&self, lease: &Lease) {
        let mut all = self.all();
        if all
            .get(&lease.deployment)
            .is_some_and(|wait| wait.job == lease.job)
        {
            all.remove(&lease.deployment);
        }
    }

    /// What a deployment waits for.
    pub fn of(&self, deployment: &DeploymentId) -> Option<Waiting> {
        self.all().get(deployment).map(|wait| wait.waiting.clone())
    }

    /// The time until the next of them is due.
    pub fn soonest(&self, now: DateTime<Utc>) -> Option<Duration> {
        let all = self.all();
        let due = all.values().map(|wait| wait.waiting.next - now);
        due.filter_map(|time| time.to_std().ok()).min()
    }
}

fn make_room(all: &mut HashMap<DeploymentId, Wait>) {
    if all.len() < MOST {
        return;
    }
    let oldest = all.iter().min_by_key(|(_, wait)| wait.waiting.since);
    if let Some(id) = oldest.map(|(id, _)| *id) {
        all.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ports::Dice;

    fn lease(seed: u8) -> Lease {
        let dice = Dice::seeded([seed; 32]);
        Lease {
            job: dice.roll(JobId::random),
            deployment: Dice::seeded([1; 32]).roll(DeploymentId::random),
            epoch: 1,
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap_or_default()
    }

    #[test]
    fn pauses_grow_up_to_a_minute_and_begin_again() {
        let (waits, lease) = (Waits::default(), lease(1));
        let mut pauses = Vec::new();
        for turn in 0..8 {
            waits.note(&lease, "no quorum", at(turn));
            pauses.push(waits.pause(&lease).as_secs());
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
        waits.over(&lease);
        waits.note(&lease, "no quorum", at(9));
        assert_eq!(waits.pause(&lease), FIRST);
        assert_eq!(waits.soonest(at(9)), Some(FIRST));
        assert_eq!(waits.soonest(at(60)), None, "due already");
    }

    #[test]
    fn the_same_words_are_told_once_in_a_while() {
        let (waits, lease) = (Waits::default(), lease(1));
        assert!(waits.note(&lease, "no quorum", at(0)));
        assert!(!waits.note(&lease, "no quorum", at(60)));
        assert!(waits.note(&lease, "no room", at(61)), "other words");
        assert!(!waits.note(&lease, "no room", at(600)));
        assert!(waits.note(&lease, "no room", at(661)));
        assert_eq!(waits.of(&lease.deployment).map(|it| it.since), Some(at(0)));
    }

    #[test]
    fn another_job_of_the_deployment_waits_for_itself() {
        let waits = Waits::default();
        waits.note(&lease(1), "no quorum", at(0));
        assert!(waits.holds(&lease(1)) && !waits.holds(&lease(2)));
        waits.over(&lease(2));
        assert!(
            waits.holds(&lease(1)),
            "the end of one is not that of the other"
        );
        assert!(waits.note(&lease(2), "no quorum", at(5)));
        assert_eq!(
            waits.of(&lease(1).deployment).map(|it| it.since),
            Some(at(5))
        );
    }
}
