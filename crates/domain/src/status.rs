//! The two status machines. Every change of a status goes through [`Status::on`] or [`ReleaseStatus::on`]; the database
//! repeats the guard as compare-and-set.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Status of a deployment: the seed document's words, stored in lower case, read in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Asked for, no worker yet.
    Pending,
    /// A worker makes the artifact and the guest.
    Provisioning,
    /// The guest is there; the app is released, started and checked.
    Deploying,
    /// Healthy and routed.
    Running,
    /// The first release failed, or the app crashed past its bound.
    Failed,
    /// Stopped by the user.
    Stopped,
    /// Destroyed; the row stays.
    Deleted,
}

/// What happens to a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A worker leased the job of a release.
    JobStarted,
    /// The guest of a release is there.
    GuestReady,
    /// A release is healthy and routed.
    ReleaseLive,
    /// A release failed or was cancelled.
    ReleaseEnded,
    /// The user stopped it.
    Stop,
    /// The user started it and it is healthy and routed.
    Started,
    /// It crashed past its bound.
    CrashLoop,
    /// The user deploys again where nothing serves.
    Deploy,
    /// Its guests are gone after a destroy.
    Destroyed,
}

/// A status and an event that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a deployment that is {from} cannot take the event {event:?}")]
pub struct IllegalTransition {
    /// Where the deployment stood.
    pub from: Status,
    /// What was asked.
    pub event: Event,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 7] = [
        Status::Pending,
        Status::Provisioning,
        Status::Deploying,
        Status::Running,
        Status::Failed,
        Status::Stopped,
        Status::Deleted,
    ];

    /// The status after an event, or the reason why the event is impossible here.
    pub fn on(self, event: Event) -> Result<Status, IllegalTransition> {
        use Event as E;
        use Status as S;
        match (self, event) {
            (S::Deleted, _) => Err(IllegalTransition { from: self, event }),
            (_, E::Destroyed) => Ok(S::Deleted),

            (S::Pending | S::Provisioning, E::JobStarted) => Ok(S::Provisioning),
            (S::Deploying, E::JobStarted) => Ok(S::Deploying),
            (S::Pending | S::Provisioning | S::Deploying, E::GuestReady) => Ok(S::Deploying),
            (S::Pending | S::Provisioning | S::Deploying, E::ReleaseLive) => Ok(S::Running),
            (S::Pending | S::Provisioning | S::Deploying, E::ReleaseEnded) => Ok(S::Failed),
            (S::Pending, E::Deploy) => Ok(S::Pending),

            // Progress of a further release lives on the release.
            (
                S::Running,
                E::JobStarted | E::GuestReady | E::ReleaseLive | E::ReleaseEnded | E::Deploy,
            ) => Ok(S::Running),
            (S::Running, E::Started) => Ok(S::Running),
            (S::Running, E::Stop) => Ok(S::Stopped),
            (S::Running, E::CrashLoop) => Ok(S::Failed),

            (S::Stopped | S::Failed, E::Started) => Ok(S::Running),
            (S::Stopped | S::Failed, E::Deploy) => Ok(S::Pending),
            (S::Stopped | S::Failed, E::Stop) => Ok(S::Stopped),
            // An env change while stopped makes a release and starts nothing.
            (S::Stopped, E::JobStarted | E::ReleaseEnded) => Ok(S::Stopped),
            (S::Failed, E::JobStarted | E::ReleaseEnded | E::CrashLoop) => Ok(S::Failed),

            (S::Pending | S::Provisioning | S::Deploying, E::Stop | E::Started | E::CrashLoop)
            | (S::Provisioning | S::Deploying, E::Deploy)
            | (S::Stopped, E::GuestReady | E::ReleaseLive | E::CrashLoop)
            | (S::Failed, E::GuestReady | E::ReleaseLive) => {
                Err(IllegalTransition { from: self, event })
            }
        }
    }

    /// The word in lower case, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Provisioning => "provisioning",
            Status::Deploying => "deploying",
            Status::Running => "running",
            Status::Failed => "failed",
            Status::Stopped => "stopped",
            Status::Deleted => "deleted",
        }
    }
}

/// Text that is not a status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a status")]
pub struct UnknownStatus(pub String);

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let found = Status::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Status of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseStatus {
    /// Waits for a worker.
    Queued,
    /// Source is fetched, planned and built.
    Building,
    /// Its guest is made, started and checked.
    Starting,
    /// The one that serves (or would serve, while the deployment is stopped).
    Serving,
    /// Served before; can be rolled back to.
    Kept,
    /// Ended with an error.
    Failed,
    /// Ended by the user.
    Cancelled,
    /// A newer release took its place before it began.
    Superseded,
}

/// What happens to a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseEvent {
    /// A worker begins (or goes on) to make the artifact.
    Build,
    /// The artifact is there.
    Start,
    /// Routed, or made while the deployment is stopped.
    Serve,
    /// A newer release serves.
    Replaced,
    /// It failed.
    Fail,
    /// The user cancelled it.
    Cancel,
    /// A newer release was asked for before this one began.
    Supersede,
}

/// A release status and an event that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a release that is {from} cannot take the event {event:?}")]
pub struct IllegalReleaseTransition {
    /// Where the release stood.
    pub from: ReleaseStatus,
    /// What was asked.
    pub event: ReleaseEvent,
}

impl ReleaseStatus {
    /// Every status.
    pub const ALL: [ReleaseStatus; 8] = [
        ReleaseStatus::Queued,
        ReleaseStatus::Building,
        ReleaseStatus::Starting,
        ReleaseStatus::Serving,
        ReleaseStatus::Kept,
        ReleaseStatus::Failed,
        ReleaseStatus::Cancelled,
        ReleaseStatus::Superseded,
    ];

    /// The status after an event, or the reason why the event is impossible here. Repeating what already happened is
    /// legal, since a resumed job repeats its last write.
    pub fn on(self, event: ReleaseEvent) -> Result<ReleaseStatus, IllegalReleaseTransition> {
        use ReleaseEvent as E;
        use ReleaseStatus as S;
        match (self, event) {
            (S::Queued | S::Building, E::Build) => Ok(S::Building),
            (S::Queued | S::Building | S::Starting, E::Start) => Ok(S::Starting),
            (S::Starting | S::Serving, E::Serve) => Ok(S::Serving),
            (S::Serving | S::Kept, E::Replaced) => Ok(S::Kept),
            (S::Queued | S::Building | S::Starting | S::Failed, E::Fail) => Ok(S::Failed),
            (S::Queued | S::Building | S::Starting | S::Cancelled, E::Cancel) => Ok(S::Cancelled),
            (S::Queued | S::Superseded, E::Supersede) => Ok(S::Superseded),

            (S::Starting | S::Serving | S::Kept, E::Build)
            | (S::Serving | S::Kept, E::Start | E::Fail | E::Cancel)
            | (S::Queued | S::Building | S::Kept, E::Serve)
            | (S::Queued | S::Building | S::Starting, E::Replaced)
            | (S::Building | S::Starting | S::Serving | S::Kept, E::Supersede)
            | (
                S::Failed,
                E::Build | E::Start | E::Serve | E::Replaced | E::Cancel | E::Supersede,
            )
            | (
                S::Cancelled,
                E::Build | E::Start | E::Serve | E::Replaced | E::Fail | E::Supersede,
            )
            | (S::Superseded, E::Build | E::Start | E::Serve | E::Replaced | E::Fail | E::Cancel) => {
                Err(IllegalReleaseTransition { from: self, event })
            }
        }
    }

    /// The word in lower case, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            ReleaseStatus::Queued => "queued",
            ReleaseStatus::Building => "building",
            ReleaseStatus::Starting => "starting",
            ReleaseStatus::Serving => "serving",
            ReleaseStatus::Kept => "kept",
            ReleaseStatus::Failed => "failed",
            ReleaseStatus::Cancelled => "cancelled",
            ReleaseStatus::Superseded => "superseded",
        }
    }

    /// True while a worker has it or will have it.
    pub fn is_under_way(self) -> bool {
        matches!(
            self,
            ReleaseStatus::Queued | ReleaseStatus::Building | ReleaseStatus::Starting
        )
    }

    /// True once nothing will change it by itself.
    pub fn is_over(self) -> bool {
        !self.is_under_way()
    }
}

impl FromStr for ReleaseStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let found = ReleaseStatus::ALL
            .into_iter()
            .find(|status| status.as_str() == text);
        found.ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

impl fmt::Display for ReleaseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const EVENTS: [Event; 9] = [
        Event::JobStarted,
        Event::GuestReady,
        Event::ReleaseLive,
        Event::ReleaseEnded,
        Event::Stop,
        Event::Started,
        Event::CrashLoop,
        Event::Deploy,
        Event::Destroyed,
    ];

    #[rstest]
    #[case(Status::Pending, Event::JobStarted, Some(Status::Provisioning))]
    #[case(Status::Provisioning, Event::GuestReady, Some(Status::Deploying))]
    #[case(Status::Deploying, Event::ReleaseLive, Some(Status::Running))]
    #[case(Status::Deploying, Event::ReleaseEnded, Some(Status::Failed))]
    #[case(Status::Running, Event::ReleaseEnded, Some(Status::Running))]
    #[case(Status::Running, Event::Stop, Some(Status::Stopped))]
    #[case(Status::Stopped, Event::Started, Some(Status::Running))]
    #[case(Status::Running, Event::CrashLoop, Some(Status::Failed))]
    #[case(Status::Failed, Event::Deploy, Some(Status::Pending))]
    #[case(Status::Stopped, Event::Deploy, Some(Status::Pending))]
    #[case(Status::Deleted, Event::Deploy, None)]
    #[case(Status::Pending, Event::Stop, None)]
    fn the_table_of_the_design(
        #[case] from: Status,
        #[case] event: Event,
        #[case] to: Option<Status>,
    ) {
        assert_eq!(from.on(event).ok(), to);
    }

    #[test]
    fn deleted_is_final_and_reachable_from_everywhere_else() {
        for status in Status::ALL {
            assert_eq!(
                status.on(Event::Destroyed).is_ok(),
                status != Status::Deleted
            );
        }
        assert!(
            EVENTS
                .iter()
                .all(|event| Status::Deleted.on(*event).is_err())
        );
    }

    #[test]
    fn words_are_read_in_any_case() {
        assert_eq!("RUNNING".parse::<Status>().unwrap(), Status::Running);
        assert!("ready".parse::<Status>().is_err());
    }

    proptest! {
        #[test]
        fn a_deployment_serves_only_after_a_release_went_live(events in proptest::collection::vec(0..EVENTS.len(), 0..40)) {
            let mut status = Status::Pending;
            let mut was_live = false;
            for index in events {
                let event = EVENTS[index];
                if let Ok(next) = status.on(event) {
                    was_live |= matches!(event, Event::ReleaseLive | Event::Started);
                    prop_assert!(next != Status::Running || was_live);
                    status = next;
                }
            }
        }

        #[test]
        fn an_ended_release_stays_ended(index in 0..ReleaseStatus::ALL.len(), event in 0..7usize) {
            use ReleaseEvent as E;
            let event = [E::Build, E::Start, E::Serve, E::Replaced, E::Fail, E::Cancel, E::Supersede][event];
            let from = ReleaseStatus::ALL[index];
            if let Ok(next) = from.on(event) && matches!(from, ReleaseStatus::Failed | ReleaseStatus::Cancelled | ReleaseStatus::Superseded) {
                prop_assert_eq!(next, from);
            }
        }
    }
}
