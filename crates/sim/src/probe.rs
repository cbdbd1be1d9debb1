//! The simulated health check.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::guest::{AppState, Upstream};
use domain::ports::{Probe, ProbeAnswer, ProbeError, ProbeRequest};

use crate::call::Op;
use crate::hub::{Hub, Life};
use crate::script::{Answer, Dies};
use crate::state::State;

/// Asks the apps of the world.
pub struct SimProbe {
    pub(crate) hub: Arc<Hub>,
    pub(crate) life: Arc<Life>,
}

#[async_trait]
impl Probe for SimProbe {
    async fn probe(&self, request: &ProbeRequest) -> Result<ProbeAnswer, ProbeError> {
        let subject = format!("{}{}", request.host, request.path);
        let going = self.hub.begin(&self.life, Op::Probe, subject).await;
        going.refused()?;
        let now = self.hub.time.now();
        let answer = self
            .hub
            .state(|state| answer(state, &request.upstream, now));
        if answer == Err(ProbeError::TimedOut) {
            self.hub.time.sleep(request.timeout).await;
        }
        going.end(answer).await
    }
}

/// What the app behind an address answers to one request.
pub(crate) fn answer(
    state: &mut State,
    upstream: &Upstream,
    now: DateTime<Utc>,
) -> Result<ProbeAnswer, ProbeError> {
    let guest = state
        .guest_at(upstream)
        .ok_or_else(|| ProbeError::Unreachable("no such guest".into()))?;
    let (id, script) = (guest.spec.id.clone(), state.script_of(guest));
    let Some(guest) = state.guest_at_mut(upstream) else {
        return Err(ProbeError::Refused);
    };
    match guest.app {
        AppState::Running { .. } => guest.asked += 1,
        AppState::Frozen => return Err(ProbeError::TimedOut),
        AppState::BackingOff { .. } => {
            state.boot(&id, now);
            return Err(ProbeError::Refused);
        }
        AppState::Stopped | AppState::Down { .. } => return Err(ProbeError::Refused),
    }
    if matches!(script.dies, Dies::WhenAsked(n) if guest.asked >= n) {
        guest.crash("exit code 1", now);
        return Err(ProbeError::NotHttp("the connection was closed".into()));
    }
    let told = guest.service.as_ref().map_or(0, |service| service.port);
    let elsewhere = script
        .listens
        .as_ref()
        .is_some_and(|all| all.iter().all(|socket| socket.port() != told));
    if guest.asked <= script.refused_first || elsewhere {
        return Err(ProbeError::Refused);
    }
    match script.answer {
        Answer::Http { status, body } => Ok(ProbeAnswer { status, body }),
        Answer::Silent => Err(ProbeError::TimedOut),
        Answer::NotHttp(what) => Err(ProbeError::NotHttp(what)),
    }
}
