//! The driver itself: each method of the port finds the guest and calls the module that does the work.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::guest::{
    Base, BaseWish, DriverReport, Exec, ExecEnd, GuestSeen, GuestSpec, Listening, Observation,
    Role, Sealed, Service, Upstream,
};
use domain::ports::{Driver, DriverError, LineSink, LogQuery, LogStream, Machines};
use domain::{ArtifactId, DeploymentId, DriverKind, GuestId};

use super::base;
use super::config::ProxmoxConfig;
use super::doors::Doors;
use super::guest::{create, destroy, enter};
use super::inside::StepLimits;
use super::observe::{self, States};
use super::site::Site;
use super::{report, room, service, sweep};
use crate::local::shared::blocking;

/// The Proxmox driver.
pub struct ProxmoxDriver {
    site: Site,
    states: States,
}

impl ProxmoxDriver {
    /// Opens the driver of a cluster. The cluster is not asked yet.
    ///
    /// # Errors
    /// Settings or keys that cannot be used.
    pub fn open(config: ProxmoxConfig, machines: Arc<dyn Machines>) -> Result<Self, DriverError> {
        Ok(Self::of(Site::open(config, machines)?))
    }

    /// The same with another way into machines.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub fn with_doors(
        config: ProxmoxConfig,
        machines: Arc<dyn Machines>,
        doors: Arc<dyn Doors>,
    ) -> Result<Self, DriverError> {
        Ok(Self::of(Site::with_doors(config, machines, doors)?))
    }

    fn of(site: Site) -> Self {
        Self {
            site,
            states: States::default(),
        }
    }

    /// Requests sent so far, for figures.
    pub fn sent(&self) -> pve::Sent {
        self.site.client.sent()
    }
}

#[async_trait]
impl Driver for ProxmoxDriver {
    fn kind(&self) -> DriverKind {
        DriverKind::Proxmox
    }

    async fn report(&self) -> Result<DriverReport, DriverError> {
        Ok(report::of(&self.site).await)
    }

    async fn prepare_base(&self, wish: &BaseWish, sink: LineSink<'_>) -> Result<Base, DriverError> {
        base::prepare(&self.site, wish, sink).await
    }

    async fn create(&self, spec: &GuestSpec) -> Result<(), DriverError> {
        create::create(&self.site, spec).await
    }

    async fn put(&self, guest: &GuestId, tree: &Path) -> Result<(), DriverError> {
        let (_, inside) = enter::enter(&self.site, guest).await?;
        inside.put(tree).await
    }

    async fn exec(
        &self,
        guest: &GuestId,
        command: &Exec,
        sink: LineSink<'_>,
    ) -> Result<ExecEnd, DriverError> {
        let (note, inside) = enter::enter(&self.site, guest).await?;
        let limits = StepLimits {
            memory: note.details.spec.resources.memory,
        };
        let registries = match command.registries {
            true => Some(self.site.registries().await?),
            false => None,
        };
        inside
            .exec(command, limits, registries.as_ref(), sink)
            .await
    }

    async fn seal(&self, guest: &GuestId) -> Result<Sealed, DriverError> {
        let (note, inside) = enter::enter(&self.site, guest).await?;
        let deployment = &note.details.spec.deployment;
        inside.seal(&self.site.artifacts, deployment).await
    }

    async fn drop_artifact(
        &self,
        deployment: &DeploymentId,
        artifact: &ArtifactId,
    ) -> Result<(), DriverError> {
        let artifacts = self.site.artifacts.clone();
        let (deployment, artifact) = (*deployment, artifact.clone());
        blocking(move || artifacts.drop_artifact(&deployment, &artifact)).await
    }

    async fn start(&self, guest: &GuestId, service: &Service) -> Result<(), DriverError> {
        let done = service::start(&self.site, guest, service).await;
        self.states.forget(guest);
        done
    }

    async fn address(&self, guest: &GuestId) -> Result<Upstream, DriverError> {
        service::address(&self.site, guest).await
    }

    async fn observe(&self, guest: &GuestId) -> Observation {
        observe::observe(&self.site, &self.states, guest).await
    }

    async fn list(&self) -> Result<Vec<GuestSeen>, DriverError> {
        observe::list(&self.site).await
    }

    async fn listening(&self, guest: &GuestId) -> Result<Listening, DriverError> {
        let (_, inside) = enter::enter(&self.site, guest).await?;
        inside.listening().await
    }

    async fn logs(&self, guest: &GuestId, query: &LogQuery) -> Result<LogStream, DriverError> {
        let (note, inside) = enter::enter(&self.site, guest).await?;
        Ok(inside.logs(query, note.details.spec.resources.memory))
    }

    async fn written(&self, guest: &GuestId) -> Result<Vec<String>, DriverError> {
        let (note, inside) = enter::enter(&self.site, guest).await?;
        match note.details.spec.role {
            Role::Build => Ok(Vec::new()),
            Role::Serve => inside.written(&note.details.spec.persist).await,
        }
    }

    async fn freeze(&self, guest: &GuestId) -> Result<bool, DriverError> {
        let (_, inside) = enter::enter(&self.site, guest).await?;
        let done = inside.freeze().await;
        self.states.forget(guest);
        done
    }

    async fn stop(&self, guest: &GuestId, grace: Duration) -> Result<(), DriverError> {
        let done = service::stop(&self.site, guest, grace).await;
        self.states.forget(guest);
        done
    }

    async fn destroy(&self, guest: &GuestId) -> Result<(), DriverError> {
        let done = destroy::destroy(&self.site, guest).await;
        self.states.forget(guest);
        done
    }

    async fn forget(&self, deployment: &DeploymentId) -> Result<(), DriverError> {
        let (artifacts, kept) = (self.site.artifacts.clone(), self.site.kept.clone());
        let deployment = *deployment;
        blocking(move || {
            artifacts.forget(&deployment)?;
            kept.forget(&deployment)
        })
        .await
    }

    async fn sweep(&self) -> Result<(), DriverError> {
        sweep::sweep(&self.site).await
    }

    async fn has_room(&self) -> Result<(), DriverError> {
        room::check(&self.site).await
    }
}
