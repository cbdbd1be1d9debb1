//! The simulated gateway.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::HostLabel;
use domain::guest::{AppState, Upstream};
use domain::ports::{Route, RouteState, Router, RouterError, Table};

use crate::call::{Op, When};
use crate::hub::{Hub, Life};
use crate::state::State;

/// A table of routes that watches over what it leads to.
pub struct SimRouter {
    pub(crate) hub: Arc<Hub>,
    pub(crate) life: Arc<Life>,
}

/// What a client of the gateway got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The app answered.
    App {
        /// The HTTP status.
        status: u16,
        /// The guest that answered.
        guest: domain::GuestId,
    },
    /// A page of the gateway: `deploying`, `stopped` or `failed`.
    Page(&'static str),
    /// No such route.
    Unknown,
    /// The route led to something that did not answer: a failed request.
    Failed(String),
}

/// A request that is under way between gateway and guest; it ends when dropped.
#[must_use = "the request ends when this is dropped"]
pub struct InFlight {
    pub(crate) hub: Arc<Hub>,
    pub(crate) number: u64,
}

impl InFlight {
    /// True once a drain gave it up.
    pub fn was_cut(&self) -> bool {
        self.hub.peek(|state| {
            state
                .in_flight
                .get(&self.number)
                .is_none_or(|flight| flight.cut)
        })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.hub.state(|state| state.in_flight.remove(&self.number));
    }
}

#[async_trait]
impl Router for SimRouter {
    async fn set(&self, label: &HostLabel, route: Option<Route>) -> Result<(), RouterError> {
        let effect = |state: &mut State| {
            match route {
                None => drop(state.table.remove(label)),
                Some(route) => {
                    check(state, label, &route);
                    state.table.insert(label.clone(), route);
                }
            }
            Ok(())
        };
        self.hub.call(&self.life, Op::RouteSet, label, effect).await
    }

    async fn replace(&self, table: &Table) -> Result<(), RouterError> {
        let effect = |state: &mut State| {
            table
                .iter()
                .for_each(|(label, route)| check(state, label, route));
            state.table = table.clone();
            Ok(())
        };
        self.hub
            .call(&self.life, Op::RouteReplace, "table", effect)
            .await
    }

    async fn drain(&self, upstream: &Upstream, limit: Duration) -> Result<usize, RouterError> {
        let going = self
            .hub
            .begin(&self.life, Op::Drain, name_of(&self.hub, upstream))
            .await;
        going.refused()?;
        let mut bell = self.hub.bell.subscribe();
        let idle = async {
            while self.hub.peek(|state| count(state, upstream)) > 0 {
                if bell.changed().await.is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            biased;
            () = idle => {}
            () = self.hub.time.sleep(limit) => {}
        }
        going.boundary(When::Middle).await;
        let cut = self.hub.state(|state| cut(state, upstream));
        going.end(Ok(cut)).await
    }
}

/// A route must lead to a guest that runs.
fn check(state: &mut State, label: &HostLabel, route: &Route) {
    let RouteState::Serving { upstream } = &route.state else {
        return;
    };
    let app = state.guest_at(upstream).map(|guest| guest.app.clone());
    match app {
        None => state.violation(format!(
            "the route of {label} was set to a guest that is not there"
        )),
        Some(AppState::Stopped) => {
            state.violation(format!("the route of {label} was set to a stopped guest"))
        }
        Some(AppState::Frozen) => {
            state.violation(format!("the route of {label} was set to a frozen guest"))
        }
        // An app may have crashed a moment ago; nobody could know.
        Some(AppState::Running { .. } | AppState::BackingOff { .. } | AppState::Down { .. }) => {}
    }
}

fn name_of(hub: &Hub, upstream: &Upstream) -> String {
    hub.peek(|state| match state.guest_at(upstream) {
        Some(guest) => guest.spec.id.to_string(),
        None => format!("{upstream:?}"),
    })
}

fn count(state: &State, upstream: &Upstream) -> usize {
    let open = |flight: &&crate::state::Flight| flight.upstream == *upstream && !flight.cut;
    state.in_flight.values().filter(open).count()
}

fn cut(state: &mut State, upstream: &Upstream) -> usize {
    let mut cut = 0;
    for flight in state.in_flight.values_mut() {
        if flight.upstream == *upstream && !flight.cut {
            flight.cut = true;
            cut += 1;
        }
    }
    cut
}
