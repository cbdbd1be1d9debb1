//! What a test sees of the world, and what it holds against it.

use std::sync::atomic::Ordering;

use domain::guest::Role;
use domain::ports::{RouteState, Table};
use domain::{ArtifactId, DeploymentId};

use crate::call::{Call, Op};
use crate::content::Entry;
use crate::expect::{Expect, inventory, page};
use crate::probe::answer;
use crate::router::{Asked, InFlight};
use crate::state::{Flight, Guest, GuestView};
use crate::world::World;

impl World {
    // --- looking ---

    /// The calls so far, oldest first (the last hundred thousand).
    pub fn calls(&self) -> Vec<Call> {
        self.hub
            .control(|control| control.calls.iter().cloned().collect())
    }

    /// How many calls of one kind there were.
    pub fn count(&self, op: Op) -> usize {
        self.hub
            .control(|control| control.calls.iter().filter(|call| call.op == op).count())
    }

    pub(crate) fn last_calls(&self) -> Vec<Call> {
        self.hub
            .control(|control| control.calls.iter().rev().take(12).rev().cloned().collect())
    }

    /// Every guest.
    pub fn guests(&self) -> Vec<GuestView> {
        self.hub
            .peek(|state| state.guests.values().map(Guest::view).collect())
    }

    /// The serving guests of a label.
    pub fn guests_of(&self, label: &str) -> Vec<GuestView> {
        let mut guests = self.guests();
        guests.retain(|guest| guest.label == label && guest.role == Role::Serve);
        guests
    }

    /// Every artifact.
    pub fn artifacts(&self) -> Vec<(DeploymentId, ArtifactId)> {
        self.hub
            .peek(|state| state.artifacts.keys().cloned().collect())
    }

    /// The text of a file in an artifact.
    pub fn artifact_file(&self, artifact: &ArtifactId, path: &str) -> Option<String> {
        self.hub.peek(|state| {
            let (_, content) = state.artifacts.iter().find(|((_, id), _)| id == artifact)?;
            match content.get(path)? {
                Entry::File(bytes) => String::from_utf8(bytes.clone()).ok(),
                Entry::Link(_) => None,
            }
        })
    }

    /// The table of the gateway.
    pub fn routes(&self) -> Table {
        self.hub.peek(|state| state.table.clone())
    }

    /// Everything there is, one line each.
    pub fn inventory(&self) -> Vec<String> {
        self.hub.peek(|state| inventory(state, true))
    }

    /// Sends one request through the gateway, past the engine.
    pub fn ask(&self, label: &str) -> Asked {
        let now = self.hub.time.now();
        self.hub.quietly(|state| {
            let route = state
                .table
                .iter()
                .find(|(at, _)| at.as_str() == label)
                .map(|(_, route)| route.state.clone());
            let upstream = match route {
                None => return Asked::Unknown,
                Some(RouteState::Serving { upstream }) => upstream,
                Some(other) => return Asked::Page(page(&other)),
            };
            let guest = state.guest_at(&upstream).map(|guest| guest.spec.id.clone());
            match (answer(state, &upstream, now), guest) {
                (Ok(answer), Some(guest)) => Asked::App {
                    status: answer.status,
                    guest,
                },
                (Err(error), _) => Asked::Failed(error.to_string()),
                (Ok(_), None) => Asked::Failed("no such guest".into()),
            }
        })
    }

    /// Begins a long request through the gateway; none when the route leads to no guest.
    pub fn request(&self, label: &str) -> Option<InFlight> {
        let number = self.hub.state(|state| {
            let route = state.table.iter().find(|(at, _)| at.as_str() == label)?.1;
            let RouteState::Serving { upstream } = route.state.clone() else {
                return None;
            };
            let number = state.in_flight.keys().last().map_or(0, |last| last + 1);
            state.in_flight.insert(
                number,
                Flight {
                    upstream,
                    cut: false,
                },
            );
            Some(number)
        })?;
        Some(InFlight {
            hub: self.hub.clone(),
            number,
        })
    }

    // --- judging ---

    /// Says what should be there: `world.expect().guest("a", "running").artifacts(1).serving("a").check()`.
    pub fn expect(&self) -> Expect<'_> {
        Expect::new(self)
    }

    /// The rules that were broken so far.
    pub fn violations(&self) -> Vec<String> {
        self.hub.peek(|state| state.violations.clone())
    }

    /// Fails the test when a rule was broken.
    #[track_caller]
    pub fn assert_rules(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "rules were broken: {violations:#?}");
    }

    /// Takes the rules broken so far, so that they are not held against the test.
    pub fn take_violations(&self) -> Vec<String> {
        self.hub
            .state(|state| std::mem::take(&mut state.violations))
    }

    /// What is on the machine when the world is dropped is meant to be there.
    pub fn leave_ok(&self) {
        self.leave_ok.store(true, Ordering::SeqCst);
    }
}
