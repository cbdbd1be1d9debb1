//! What a test expects to be there at a moment.

use std::fmt::Write;

use domain::guest::{AppState, Role};
use domain::ports::RouteState;

use crate::state::State;
use crate::world::World;

/// What should be there, and nothing else. Starts from nothing.
#[must_use = "call `check`"]
pub struct Expect<'a> {
    world: &'a World,
    lines: Vec<String>,
}

impl<'a> Expect<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self {
            world,
            lines: Vec::new(),
        }
    }

    fn and(mut self, line: String) -> Self {
        self.lines.push(line);
        self
    }

    /// A serving guest of a label, in the state `stopped`, `running`, `frozen`, `backing off` or `down`.
    pub fn guest(self, label: &str, state: &str) -> Self {
        self.and(format!("guest {label}: {state}"))
    }

    /// So many artifacts altogether.
    pub fn artifacts(self, count: usize) -> Self {
        (0..count).fold(self, |expect, _| expect.and("artifact".into()))
    }

    /// A route that leads to a guest.
    pub fn serving(self, label: &str) -> Self {
        self.and(format!("route {label}: serving"))
    }

    /// A route that leads to a page: `deploying`, `stopped` or `failed`.
    pub fn page(self, label: &str, page: &str) -> Self {
        self.and(format!("route {label}: {page}"))
    }

    /// True when this is what there is (caches and persisted folders aside) and no rule was broken. For waiting.
    pub fn holds(mut self) -> bool {
        self.lines.sort();
        let (there, violations) = self
            .world
            .hub
            .peek(|state| (inventory(state, false), state.violations.clone()));
        there == self.lines && violations.is_empty()
    }

    /// Fails the test when there is anything more, anything less, or a rule was broken. Caches and persisted folders are
    /// not looked at.
    #[track_caller]
    pub fn check(mut self) {
        self.lines.sort();
        let there = self.world.hub.peek(|state| inventory(state, false));
        assert_eq!(
            there, self.lines,
            "left: what there is; right: what was expected"
        );
        self.world.assert_rules();
    }
}

/// The word for the state of an app.
pub(crate) fn word(app: &AppState) -> &'static str {
    match app {
        AppState::Stopped => "stopped",
        AppState::Running { .. } => "running",
        AppState::Frozen => "frozen",
        AppState::BackingOff { .. } => "backing off",
        AppState::Down { .. } => "down",
    }
}

/// The word for the state of a route.
pub(crate) fn page(state: &RouteState) -> &'static str {
    match state {
        RouteState::Serving { .. } => "serving",
        RouteState::Deploying => "deploying",
        RouteState::Stopped => "stopped",
        RouteState::Failed => "failed",
    }
}

/// Everything there is, one line each, sorted; with what belongs to deployments but to no guest when `all`.
pub(crate) fn inventory(state: &State, all: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for guest in state.guests.values() {
        let kind = if guest.spec.role == Role::Build {
            "build guest"
        } else {
            "guest"
        };
        let mut line = format!("{kind} {}: {}", guest.spec.label, word(&guest.app));
        if !guest.running.is_empty() {
            let tags: Vec<_> = guest.running.keys().map(String::as_str).collect();
            let _ = write!(line, ", runs {}", tags.join(", "));
        }
        lines.push(line);
    }
    lines.extend(state.artifacts.keys().map(|_| "artifact".to_owned()));
    lines.extend(
        state
            .table
            .iter()
            .map(|(label, route)| format!("route {label}: {}", page(&route.state))),
    );
    if all {
        lines.extend(state.caches.iter().map(|of| format!("cache of {of}")));
        lines.extend(
            state
                .persisted
                .keys()
                .map(|of| format!("persisted folders of {of}")),
        );
    }
    lines.sort();
    lines
}
