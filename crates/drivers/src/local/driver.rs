//! The driver itself: each method of the port finds the guest and calls the module that does the work.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::guest::{
    Base, BaseWish, DriverReport, Exec, ExecEnd, GuestSeen, GuestSpec, Listening, Observation,
    Role, Sealed, Service, Upstream,
};
use domain::ports::{Driver, DriverError, LineSink, LogQuery, LogStream};
use domain::{ArtifactId, BaseId, DeploymentId, DriverKind, GuestId};
use tokio::sync::{OnceCell, RwLock};

use super::config::LocalConfig;
use super::destroy::{self, blocking};
use super::environment::{Surroundings, Wanted};
use super::layout::Layout;
use super::spec::{self, Made};
use super::tier::{self, Place};
use super::toolchain::{PreparedBase, RegistrySettings, Toolchains};
use super::trouble::On;
use super::wire::{Launch, Work};
use super::{artifact, create, exec, ids, logs, observe, report, room, service, written};
use crate::text::place as text;

/// The local driver.
pub struct LocalDriver {
    config: LocalConfig,
    layout: Layout,
    toolchains: Arc<Toolchains>,
    place: OnceCell<Place>,
    /// One start, stop or destroy at a time per guest.
    guests: Mutex<HashMap<GuestId, Arc<tokio::sync::Mutex<()>>>>,
    /// Held shared while folders are made, alone while half-made ones are removed.
    making: RwLock<()>,
}

impl LocalDriver {
    /// Opens the driver on its data folder. Cheap: what the machine allows is tried at the first need.
    pub fn open(config: LocalConfig) -> Result<Self, DriverError> {
        room::check_path(&config)?;
        let layout = Layout::new(&config.data_dir);
        for folder in layout.folders() {
            create::private_folder(&folder).on(format!("make {}", folder.display()))?;
        }
        let toolchains = Toolchains::new(config.host.clone(), layout.top().to_owned());
        Ok(Self {
            config,
            layout,
            toolchains: Arc::new(toolchains),
            place: OnceCell::new(),
            guests: Mutex::default(),
            making: RwLock::default(),
        })
    }

    async fn place(&self) -> Result<&Place, DriverError> {
        self.place
            .get_or_try_init(|| tier::find(&self.config, &self.layout))
            .await
    }

    fn turn(&self, guest: &GuestId) -> Arc<tokio::sync::Mutex<()>> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        guests.entry(guest.clone()).or_default().clone()
    }

    /// The base that a guest was made from.
    async fn base(&self, id: &BaseId) -> Result<PreparedBase, DriverError> {
        let (toolchains, id) = (self.toolchains.clone(), id.clone());
        let missing = text::no_base(&id);
        let base = blocking(move || toolchains.load(&id)).await?;
        base.ok_or(missing)
    }

    async fn launch(
        &self,
        guest: &GuestId,
        wanted: Wanted<'_>,
        registries: Option<&RegistrySettings>,
    ) -> Result<Launch, DriverError> {
        let place = self.place().await?;
        let made = spec::read(&self.layout, guest)?;
        let base = self.base(&made.spec.base).await?;
        let surroundings = Surroundings {
            config: &self.config,
            layout: &self.layout,
            place,
            made: &made,
            base: &base,
            registries,
        };
        surroundings.launch(wanted)
    }

    /// The host's settings for downloads, where a command is to have them.
    async fn registries(&self, wanted: bool) -> Result<Option<RegistrySettings>, DriverError> {
        if !wanted {
            return Ok(None);
        }
        let toolchains = self.toolchains.clone();
        blocking(move || Ok(Some(toolchains.registries()))).await
    }
}

#[async_trait]
impl Driver for LocalDriver {
    fn kind(&self) -> DriverKind {
        DriverKind::Local
    }

    async fn report(&self) -> Result<DriverReport, DriverError> {
        let place = self.place().await?;
        Ok(report::of(place, ids::of(self.config.uid_base, 0)))
    }

    async fn prepare_base(
        &self,
        wish: &BaseWish,
        _sink: LineSink<'_>,
    ) -> Result<Base, DriverError> {
        let prepared = self
            .toolchains
            .prepare(&wish.needs, wish.any_version)
            .await?;
        Ok(prepared.base)
    }

    async fn create(&self, spec: &GuestSpec) -> Result<(), DriverError> {
        let overlay = self.place().await?.overlay && spec.artifact.is_some();
        let _making = self.making.read().await;
        let ids = ids::of(self.config.uid_base, spec.slot);
        let made = Made {
            spec: spec.clone(),
            overlay,
            at: self.config.clock.now(),
        };
        let layout = self.layout.clone();
        blocking(move || create::create(&layout, &made, ids)).await
    }

    async fn put(&self, guest: &GuestId, tree: &Path) -> Result<(), DriverError> {
        let made = spec::read(&self.layout, guest)?;
        let ids = ids::of(self.config.uid_base, made.spec.slot);
        let (dir, trash, tree) = (
            self.layout.guest(guest),
            self.layout.trash(),
            tree.to_owned(),
        );
        blocking(move || create::put(&dir, &trash, &tree, ids)).await
    }

    async fn exec(
        &self,
        guest: &GuestId,
        command: &Exec,
        sink: LineSink<'_>,
    ) -> Result<ExecEnd, DriverError> {
        exec::check_tag(guest, &command.tag)?;
        let wanted = Wanted {
            argv: command.argv.clone(),
            env: &command.env,
            dir: &command.dir,
            work: Work::Command,
        };
        let registries = self.registries(command.registries).await?;
        let launch = self.launch(guest, wanted, registries.as_ref()).await?;
        let mask = registries
            .as_ref()
            .map_or(&[][..], |settings| settings.masked());
        exec::run(&self.config.exe, &launch, command, mask, sink).await
    }

    async fn seal(&self, guest: &GuestId) -> Result<Sealed, DriverError> {
        let (layout, guest) = (self.layout.clone(), guest.clone());
        let settled = layout.clone();
        let sealed = blocking(move || artifact::seal(&layout, &guest)).await;
        tokio::task::spawn_blocking(move || artifact::settle(&settled));
        sealed
    }

    async fn drop_artifact(
        &self,
        deployment: &DeploymentId,
        id: &ArtifactId,
    ) -> Result<(), DriverError> {
        let (folder, trash) = (self.layout.artifact(deployment, id), self.layout.trash());
        blocking(move || destroy::discard(&folder, &trash)).await
    }

    async fn start(&self, guest: &GuestId, service: &Service) -> Result<(), DriverError> {
        let turn = self.turn(guest);
        let _turn = turn.lock().await;
        let fingerprint = service::fingerprint(service)?;
        let work = Work::Service {
            port: service.port,
            crash: self.config.crash,
            fingerprint: fingerprint.clone(),
        };
        let wanted = Wanted {
            argv: service::argv(service),
            env: &service.env,
            dir: &service.dir,
            work,
        };
        let launch = self.launch(guest, wanted, None).await?;
        service::start(&self.config.exe, &launch, &fingerprint).await
    }

    async fn address(&self, guest: &GuestId) -> Result<Upstream, DriverError> {
        spec::read(&self.layout, guest)?;
        Ok(Upstream::Handout(self.layout.guest(guest).sock()))
    }

    async fn observe(&self, guest: &GuestId) -> Observation {
        observe::observe(&self.layout, guest)
    }

    async fn list(&self) -> Result<Vec<GuestSeen>, DriverError> {
        let layout = self.layout.clone();
        blocking(move || observe::list(&layout)).await
    }

    async fn listening(&self, guest: &GuestId) -> Result<Listening, DriverError> {
        observe::listening(&self.layout, guest)
    }

    async fn logs(&self, guest: &GuestId, query: &LogQuery) -> Result<LogStream, DriverError> {
        spec::read(&self.layout, guest)?;
        let dir = self.layout.guest(guest);
        let folder = dir.log();
        let gone: logs::Gone = Arc::new(move || !dir.spec().exists());
        Ok(logs::read(folder, query, self.config.clock.clone(), gone))
    }

    async fn written(&self, guest: &GuestId) -> Result<Vec<String>, DriverError> {
        let made = spec::read(&self.layout, guest)?;
        if made.spec.role == Role::Build {
            return Ok(Vec::new());
        }
        let dir = self.layout.guest(guest);
        blocking(move || Ok(written::written(&dir, &made))).await
    }

    async fn freeze(&self, guest: &GuestId) -> Result<bool, DriverError> {
        spec::read(&self.layout, guest)?;
        let turn = self.turn(guest);
        let _turn = turn.lock().await;
        service::freeze(&self.layout.guest(guest)).await
    }

    async fn stop(&self, guest: &GuestId, grace: Duration) -> Result<(), DriverError> {
        spec::read(&self.layout, guest)?;
        let turn = self.turn(guest);
        let _turn = turn.lock().await;
        let dir = self.layout.guest(guest);
        service::stop(&dir, grace).await?;
        destroy::end_stale_groups(&dir, guest).await
    }

    async fn destroy(&self, guest: &GuestId) -> Result<(), DriverError> {
        let turn = self.turn(guest);
        let held = turn.lock().await;
        let done = destroy::destroy(&self.layout, guest).await;
        drop(held);
        if done.is_ok() {
            self.guests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(guest);
        }
        done
    }

    async fn forget(&self, deployment: &DeploymentId) -> Result<(), DriverError> {
        let layout = &self.layout;
        let folders = [
            layout.cache(deployment),
            layout.persist(deployment),
            layout.artifacts(deployment),
        ];
        let trash = layout.trash();
        blocking(move || {
            folders
                .iter()
                .try_for_each(|folder| destroy::discard(folder, &trash))
        })
        .await
    }

    async fn sweep(&self) -> Result<(), DriverError> {
        let _alone = self.making.write().await;
        destroy::sweep(&self.layout, self.place().await.ok()).await
    }

    async fn has_room(&self) -> Result<(), DriverError> {
        room::check(&self.config)
    }
}
