//! The route of each deployment, always made from what the database says, so that whoever pushes it pushes the truth.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::guest::{AppState, Observation, Role, Upstream};
use domain::ports::{Route, RouteState, Table, Wanted};
use domain::release::DeploymentFacts;
use domain::{DeploymentId, Status};
use tokio::sync::Mutex;

use crate::error::StepError;
use crate::facade::Ports;

/// Pushes routes to the gateway, one at a time.
pub(crate) struct Routes {
    ports: Ports,
    /// Held from reading the database until the gateway has it: a stale route can then never overtake a newer one.
    turn: Mutex<()>,
    /// Deployments whose guest is about to go while the database still says that it serves: what a client gets.
    paused: std::sync::Mutex<HashMap<DeploymentId, Option<RouteState>>>,
    /// Deployments that nobody is sent to since the address of their guest is not confirmed.
    unconfirmed: std::sync::Mutex<HashSet<DeploymentId>>,
    /// How the newest push of the whole table ended, in words when it failed.
    last: std::sync::Mutex<Result<(), String>>,
}

impl Routes {
    pub fn new(ports: Ports) -> Self {
        Self {
            ports,
            turn: Mutex::new(()),
            paused: std::sync::Mutex::default(),
            unconfirmed: std::sync::Mutex::default(),
            last: std::sync::Mutex::new(Err(crate::text::NOT_PUSHED.to_owned())),
        }
    }

    /// Pushes the route that the database says.
    pub async fn sync(&self, deployment: &DeploymentId) -> Result<(), StepError> {
        let _turn = self.turn.lock().await;
        self.push(deployment).await
    }

    async fn push(&self, deployment: &DeploymentId) -> Result<(), StepError> {
        let Some(facts) = self.ports.store.facts(deployment).await? else {
            return Ok(());
        };
        let route = self.route_of(&facts).await?;
        Ok(self.ports.router.set(&facts.label, route).await?)
    }

    /// Moves the route to a guest and commits, with nobody pushing in between: a client that reads `running` finds the
    /// app at its address. When the commit fails, the route goes back to what the database says.
    pub async fn switch<F>(
        &self,
        facts: &DeploymentFacts,
        upstream: Upstream,
        commit: F,
    ) -> Result<(), StepError>
    where
        F: Future<Output = Result<(), StepError>>,
    {
        let _turn = self.turn.lock().await;
        let route = Route {
            name: facts.name.to_string(),
            state: RouteState::Serving { upstream },
        };
        self.ports.router.set(&facts.label, Some(route)).await?;
        let committed = commit.await;
        if committed.is_err()
            && let Err(error) = self.push(&facts.id).await
        {
            tracing::warn!(deployment = %facts.id, %error, "the route could not be put back; the reconciler will");
        }
        committed
    }

    /// Sends nobody to the guest of a deployment until the pause is dropped, whoever pushes.
    pub async fn pause(
        &self,
        deployment: &DeploymentId,
        meanwhile: Option<RouteState>,
    ) -> Result<Pause<'_>, StepError> {
        lock(&self.paused).insert(*deployment, meanwhile);
        let pause = Pause {
            routes: self,
            deployment: *deployment,
        };
        self.sync(deployment).await?;
        Ok(pause)
    }

    /// Replaces the whole table: after a restart of controller or gateway.
    pub async fn replace_all(&self) -> Result<(), StepError> {
        let pushed = self.push_all().await;
        let words = pushed.as_ref().copied().map_err(ToString::to_string);
        *lock(&self.last) = words;
        pushed
    }

    /// How the newest push of the whole table ended.
    pub fn last_push(&self) -> Result<(), String> {
        lock(&self.last).clone()
    }

    async fn push_all(&self) -> Result<(), StepError> {
        let _turn = self.turn.lock().await;
        let mut table = Table::new();
        let mut after = None;
        loop {
            let page = self.ports.store.live(after.as_ref(), 500).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for facts in &page {
                if let Some(route) = self.route_of(facts).await? {
                    table.insert(facts.label.clone(), route);
                }
            }
        }
        Ok(self.ports.router.replace(&table).await?)
    }

    async fn route_of(&self, facts: &DeploymentFacts) -> Result<Option<Route>, StepError> {
        let paused = lock(&self.paused).get(&facts.id).cloned();
        let state = match (paused, facts.status) {
            (Some(meanwhile), _) => meanwhile,
            (None, Status::Deleted) => None,
            (None, Status::Running) => Some(self.serving_state(facts).await?),
            (None, Status::Stopped) => Some(RouteState::Stopped),
            (None, Status::Failed) => Some(RouteState::Failed),
            (None, Status::Pending | Status::Provisioning | Status::Deploying) => {
                Some(RouteState::Deploying)
            }
        };
        let name = facts.name.to_string();
        Ok(state.map(|state| Route { name, state }))
    }

    /// A guest that certainly does not run gets no requests: after a machine restart it is on its way.
    async fn serving_state(&self, facts: &DeploymentFacts) -> Result<RouteState, StepError> {
        let guests = self.ports.store.guests_of(&facts.id).await?;
        let serving = guests.into_iter().find(|g| {
            g.role == Role::Serve && g.wanted == Wanted::Serving && Some(g.release) == facts.serving
        });
        let (Some(guest), Some(driver)) = (serving, self.ports.drivers.get(&facts.driver)) else {
            return Ok(RouteState::Deploying);
        };
        let runs = match driver.observe(&guest.id).await {
            Observation::Unknown(_) => true,
            Observation::Absent => false,
            Observation::Present(seen) => matches!(
                seen.app,
                AppState::Running { .. } | AppState::BackingOff { .. }
            ),
        };
        if !runs {
            return Ok(RouteState::Deploying);
        }
        match driver.address(&guest.id).await {
            Ok(upstream) => {
                lock(&self.unconfirmed).remove(&facts.id);
                Ok(RouteState::Serving { upstream })
            }
            // Nobody is sent to an address that is not confirmed, and the others are not kept from theirs.
            Err(error) if !facts.driver.is_of_a_place() => {
                tracing::info!(guest = %guest.id, %error, "a guest has no confirmed address");
                lock(&self.unconfirmed).insert(facts.id);
                Ok(RouteState::Deploying)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// True once for each deployment that nobody is sent to for want of a confirmed address.
    pub fn take_unconfirmed(&self, deployment: &DeploymentId) -> bool {
        lock(&self.unconfirmed).remove(deployment)
    }

    /// Waits until the requests in flight to a guest are over, at most `limit`.
    pub async fn drain(&self, upstream: &Upstream, limit: Duration) -> Result<usize, StepError> {
        Ok(self.ports.router.drain(upstream, limit).await?)
    }
}

/// While it lives, nobody is sent to the guest of its deployment.
pub(crate) struct Pause<'r> {
    routes: &'r Routes,
    deployment: DeploymentId,
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        lock(&self.routes.paused).remove(&self.deployment);
    }
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
