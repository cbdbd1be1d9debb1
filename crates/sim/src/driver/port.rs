//! The port, one call each; what the calls do stands in the files beside.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use domain::guest::{
    Base, BaseWish, DriverReport, Exec, ExecEnd, GuestSeen, GuestSpec, Listening, Observation,
    Sealed, Service, Upstream,
};
use domain::ports::{Driver, DriverError, LineSink, LogQuery, LogStream};
use domain::{ArtifactId, DeploymentId, DriverKind, GuestId};

use super::{SimDriver, guests, logs};
use crate::call::Op;
use crate::fault::gone;

#[async_trait]
impl Driver for SimDriver {
    fn kind(&self) -> DriverKind {
        self.hub.peek(|state| state.kind)
    }

    async fn report(&self) -> Result<DriverReport, DriverError> {
        self.hub
            .call(&self.life, Op::Report, "driver", |_| Ok(guests::report()))
            .await
    }

    async fn prepare_base(
        &self,
        wish: &BaseWish,
        _sink: LineSink<'_>,
    ) -> Result<Base, DriverError> {
        let call = |state: &mut crate::state::State| {
            guests::has_quorum(state)?;
            guests::prepare_base(state, &wish.needs, wish.any_version)
        };
        self.hub
            .call(&self.life, Op::PrepareBase, "base", call)
            .await
    }

    async fn create(&self, spec: &GuestSpec) -> Result<(), DriverError> {
        self.hub
            .call(&self.life, Op::Create, &spec.id, |state| {
                guests::create(state, spec)
            })
            .await
    }

    async fn put(&self, guest: &GuestId, tree: &Path) -> Result<(), DriverError> {
        self.put_tree(guest, tree).await
    }

    async fn exec(
        &self,
        guest: &GuestId,
        command: &Exec,
        sink: LineSink<'_>,
    ) -> Result<ExecEnd, DriverError> {
        self.run(guest, command, sink).await
    }

    async fn seal(&self, guest: &GuestId) -> Result<Sealed, DriverError> {
        self.hub
            .call(&self.life, Op::Seal, guest, |state| {
                guests::seal(state, guest)
            })
            .await
    }

    async fn drop_artifact(
        &self,
        deployment: &DeploymentId,
        artifact: &ArtifactId,
    ) -> Result<(), DriverError> {
        let call = |state: &mut _| guests::drop_artifact(state, deployment, artifact);
        self.hub
            .call(&self.life, Op::DropArtifact, artifact, call)
            .await
    }

    async fn start(&self, guest: &GuestId, service: &Service) -> Result<(), DriverError> {
        let now = self.hub.time.now();
        self.hub
            .call(&self.life, Op::Start, guest, |state| {
                guests::has_quorum(state)?;
                guests::start(state, guest, service, now)
            })
            .await
    }

    async fn address(&self, guest: &GuestId) -> Result<Upstream, DriverError> {
        let call = |state: &mut crate::state::State| {
            state
                .guests
                .get(guest)
                .map(|found| found.upstream.clone())
                .ok_or_else(|| gone(guest))
        };
        self.hub.call(&self.life, Op::Address, guest, call).await
    }

    async fn observe(&self, guest: &GuestId) -> Observation {
        let now = self.hub.time.now();
        let call = |state: &mut _| Ok::<_, String>(guests::observe(state, guest, now));
        match self.hub.call(&self.life, Op::Observe, guest, call).await {
            Ok(Some(seen)) => Observation::Present(seen),
            Ok(None) => Observation::Absent,
            Err(why) => Observation::Unknown(why),
        }
    }

    async fn altered(&self, guest: &GuestId) -> Result<Vec<String>, DriverError> {
        let found = self
            .hub
            .peek(|state| state.guests.get(guest).map(|found| found.altered.clone()));
        found.ok_or_else(|| gone(guest))
    }

    async fn list(&self) -> Result<Vec<GuestSeen>, DriverError> {
        let call = |state: &mut crate::state::State| {
            Ok(state.guests.values().map(|guest| guest.seen()).collect())
        };
        self.hub.call(&self.life, Op::List, "driver", call).await
    }

    async fn listening(&self, guest: &GuestId) -> Result<Listening, DriverError> {
        self.hub
            .call(&self.life, Op::Listening, guest, |state| {
                guests::listening(state, guest)
            })
            .await
    }

    async fn logs(&self, guest: &GuestId, query: &LogQuery) -> Result<LogStream, DriverError> {
        let first = |state: &mut crate::state::State| match state.guests.get(guest) {
            Some(found) => Ok(logs::select(found, query)),
            None => Err(gone(guest)),
        };
        let lines = self.hub.call(&self.life, Op::Logs, guest, first).await?;
        Ok(logs::stream(self.hub.clone(), guest.clone(), lines, query))
    }

    async fn written(&self, guest: &GuestId) -> Result<Vec<String>, DriverError> {
        let call = |state: &mut crate::state::State| match state.guests.get(guest) {
            Some(found) => Ok(found.written.keys().take(20).cloned().collect()),
            None => Err(gone(guest)),
        };
        self.hub.call(&self.life, Op::Written, guest, call).await
    }

    async fn freeze(&self, guest: &GuestId) -> Result<bool, DriverError> {
        self.hub
            .call(&self.life, Op::Freeze, guest, |state| {
                guests::freeze(state, guest)
            })
            .await
    }

    async fn stop(&self, guest: &GuestId, _grace: Duration) -> Result<(), DriverError> {
        self.hub
            .call(&self.life, Op::Stop, guest, |state| {
                guests::stop(state, guest)
            })
            .await
    }

    async fn destroy(&self, guest: &GuestId) -> Result<(), DriverError> {
        self.destroy_guest(guest).await
    }

    async fn forget(&self, deployment: &DeploymentId) -> Result<(), DriverError> {
        self.hub
            .call(&self.life, Op::Forget, deployment, |state| {
                guests::forget(state, deployment)
            })
            .await
    }

    async fn sweep(&self) -> Result<(), DriverError> {
        self.hub
            .call(&self.life, Op::Sweep, "driver", |_| Ok(()))
            .await
    }

    async fn has_room(&self) -> Result<(), DriverError> {
        let call = |state: &mut crate::state::State| guests::has_room(state);
        self.hub.call(&self.life, Op::HasRoom, "driver", call).await
    }
}
