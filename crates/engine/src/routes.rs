//! The route of each deployment, always made from what the database says, so that whoever pushes it pushes the truth.

use std::time::Duration;

use domain::guest::{Role, Upstream};
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
    /// How the newest push of the whole table ended, in words when it failed.
    last: std::sync::Mutex<Result<(), String>>,
}

impl Routes {
    pub fn new(ports: Ports) -> Self {
        Self {
            ports,
            turn: Mutex::new(()),
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

    /// Removes the route of a deployment that is gone.
    pub async fn remove(&self, facts: &DeploymentFacts) -> Result<(), StepError> {
        let _turn = self.turn.lock().await;
        Ok(self.ports.router.set(&facts.label, None).await?)
    }

    /// Replaces the whole table: after a restart of controller or gateway.
    pub async fn replace_all(&self) -> Result<(), StepError> {
        let pushed = self.push_all().await;
        let words = pushed.as_ref().map(|()| ()).map_err(ToString::to_string);
        *self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = words;
        pushed
    }

    /// How the newest push of the whole table ended.
    pub fn last_push(&self) -> Result<(), String> {
        self.last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
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
        let state = match facts.status {
            Status::Deleted => return Ok(None),
            Status::Running => match self.upstream_of(facts).await? {
                Some(upstream) => RouteState::Serving { upstream },
                None => RouteState::Failed,
            },
            Status::Stopped => RouteState::Stopped,
            Status::Failed => RouteState::Failed,
            Status::Pending | Status::Provisioning | Status::Deploying => RouteState::Deploying,
        };
        Ok(Some(Route {
            name: facts.name.to_string(),
            state,
        }))
    }

    async fn upstream_of(&self, facts: &DeploymentFacts) -> Result<Option<Upstream>, StepError> {
        let guests = self.ports.store.guests_of(&facts.id).await?;
        let serving = guests.into_iter().find(|g| {
            g.role == Role::Serve && g.wanted == Wanted::Serving && Some(g.release) == facts.serving
        });
        let (Some(guest), Some(driver)) = (serving, self.ports.drivers.get(&facts.driver)) else {
            return Ok(None);
        };
        Ok(Some(driver.address(&guest.id).await?))
    }

    /// Waits until the requests in flight to a guest are over, at most `limit`.
    pub async fn drain(&self, upstream: &Upstream, limit: Duration) -> Result<usize, StepError> {
        Ok(self.ports.router.drain(upstream, limit).await?)
    }
}
