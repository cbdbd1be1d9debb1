//! A place where guests live that several processes reach, as a cluster would be: guests are files in one folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::guest::*;
use domain::ports::*;
use domain::tree::{MemoryTree, SourceTree};
use domain::{ArtifactId, DeploymentId, DriverKind, GitUrl, GuestId, HostLabel};
use serde::{Deserialize, Serialize};

use super::log::Log;
use crate::lab::APP;

/// The label whose first guest hangs until the file `go` is there.
pub const HELD: &str = "held";

/// One process's way to the shared world.
#[derive(Clone)]
pub struct Shared {
    folder: PathBuf,
    worker: String,
    log: Log,
    /// What this process made: it may act on what another one removed meanwhile.
    made: Arc<Mutex<HashMap<GuestId, DeploymentId>>>,
}

#[derive(Serialize, Deserialize)]
struct Guest {
    spec: GuestSpec,
    running: bool,
}

impl Shared {
    pub fn new(folder: &Path, worker: &str, log: Log) -> Self {
        std::fs::create_dir_all(folder.join("guests")).unwrap();
        Self {
            folder: folder.to_owned(),
            worker: worker.to_owned(),
            log,
            made: Arc::default(),
        }
    }

    fn file(&self, guest: &GuestId) -> PathBuf {
        self.folder.join("guests").join(guest.as_str())
    }

    fn guest(&self, id: &GuestId) -> Result<Guest, DriverError> {
        let text =
            std::fs::read_to_string(self.file(id)).map_err(|_| DriverError::Gone(id.clone()))?;
        serde_json::from_str(&text).map_err(|error| DriverError::Transient(error.to_string()))
    }

    /// Whole at once, for whoever reads it meanwhile.
    fn save(&self, guest: &Guest) {
        let half = self
            .folder
            .join(format!("{}.{}", guest.spec.id, self.worker));
        std::fs::write(&half, serde_json::to_string(guest).unwrap()).unwrap();
        std::fs::rename(half, self.file(&guest.spec.id)).unwrap();
    }

    async fn act(&self, what: &str, guest: &GuestId) -> Result<Guest, DriverError> {
        let made = self.made.lock().unwrap().get(guest).copied();
        let found = self.guest(guest);
        if let Some(deployment) = made.or(found.as_ref().ok().map(|it| it.spec.deployment)) {
            self.log.act(what, &deployment, guest.as_str()).await;
        }
        found
    }

    /// The first guest of the held deployment hangs when it is made, whoever makes it: what follows in the engine is the
    /// next call of the driver, with nothing in between.
    async fn hang(&self, label: &HostLabel) {
        let mine = self.folder.join("held-by");
        if label.as_str() != HELD {
            return;
        }
        let first = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&mine);
        if first.is_err() {
            return;
        }
        std::fs::write(&mine, &self.worker).unwrap();
        while !self.folder.join("go").exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn seen(guest: &Guest) -> GuestSeen {
    let since = chrono::DateTime::UNIX_EPOCH;
    GuestSeen {
        id: guest.spec.id.clone(),
        deployment: guest.spec.deployment,
        role: guest.spec.role,
        app: match guest.running {
            true => AppState::Running { restarts: 0, since },
            false => AppState::Stopped,
        },
        machine: None,
    }
}

#[async_trait]
impl Driver for Shared {
    fn kind(&self) -> DriverKind {
        DriverKind::Proxmox
    }

    async fn report(&self) -> Result<DriverReport, DriverError> {
        Ok(DriverReport {
            tier: "L1".into(),
            meaning: "files".into(),
            network: "none".into(),
            enforced: Vec::new(),
            warnings: Vec::new(),
        })
    }

    async fn prepare_base(&self, _: &BaseWish, _: LineSink<'_>) -> Result<Base, DriverError> {
        Ok(Base {
            id: "plain_r1".parse().unwrap(),
            versions: Vec::new(),
            missing_optional: Vec::new(),
            warnings: Vec::new(),
        })
    }

    async fn create(&self, spec: &GuestSpec) -> Result<(), DriverError> {
        self.made
            .lock()
            .unwrap()
            .insert(spec.id.clone(), spec.deployment);
        self.log
            .act("create", &spec.deployment, spec.id.as_str())
            .await;
        self.save(&Guest {
            spec: spec.clone(),
            running: false,
        });
        self.hang(&spec.label).await;
        Ok(())
    }

    async fn put(&self, guest: &GuestId, _: &Path) -> Result<(), DriverError> {
        self.act("put", guest).await.map(drop)
    }

    async fn exec(
        &self,
        guest: &GuestId,
        command: &Exec,
        _: LineSink<'_>,
    ) -> Result<ExecEnd, DriverError> {
        self.act(&command.tag, guest).await?;
        Ok(ExecEnd::Code(0))
    }

    async fn seal(&self, guest: &GuestId) -> Result<Sealed, DriverError> {
        let found = self.act("seal", guest).await?;
        let id = found.spec.release.to_string().replace('-', "");
        Ok(Sealed {
            id: format!("{id:0>64}").parse().unwrap(),
            bytes: 1,
        })
    }

    async fn drop_artifact(&self, _: &DeploymentId, _: &ArtifactId) -> Result<(), DriverError> {
        Ok(())
    }

    async fn start(&self, guest: &GuestId, _: &Service) -> Result<(), DriverError> {
        let found = self.act("start", guest).await?;
        self.save(&Guest {
            running: true,
            ..found
        });
        Ok(())
    }

    async fn address(&self, guest: &GuestId) -> Result<Upstream, DriverError> {
        Ok(Upstream::Handout(self.file(guest)))
    }

    async fn observe(&self, guest: &GuestId) -> Observation {
        match self.guest(guest) {
            Ok(guest) => Observation::Present(seen(&guest)),
            Err(DriverError::Gone(_)) => Observation::Absent,
            Err(error) => Observation::Unknown(error.to_string()),
        }
    }

    async fn list(&self) -> Result<Vec<GuestSeen>, DriverError> {
        let files = std::fs::read_dir(self.folder.join("guests")).unwrap();
        let ids =
            files.filter_map(|file| file.unwrap().file_name().to_str()?.parse::<GuestId>().ok());
        Ok(ids
            .filter_map(|id| Some(seen(&self.guest(&id).ok()?)))
            .collect())
    }

    async fn listening(&self, _: &GuestId) -> Result<Listening, DriverError> {
        Ok(Listening::default())
    }

    async fn logs(&self, _: &GuestId, _: &LogQuery) -> Result<LogStream, DriverError> {
        Ok(Box::pin(futures_util::stream::empty()))
    }

    async fn written(&self, _: &GuestId) -> Result<Vec<String>, DriverError> {
        Ok(Vec::new())
    }

    async fn freeze(&self, guest: &GuestId) -> Result<bool, DriverError> {
        self.act("freeze", guest).await.map(|_| false)
    }

    async fn stop(&self, guest: &GuestId, _: Duration) -> Result<(), DriverError> {
        let found = self.act("stop", guest).await?;
        self.save(&Guest {
            running: false,
            ..found
        });
        Ok(())
    }

    async fn destroy(&self, guest: &GuestId) -> Result<(), DriverError> {
        match self.act("destroy", guest).await {
            Err(DriverError::Gone(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                // Gone already is success.
                let _ = std::fs::remove_file(self.file(guest));
                Ok(())
            }
        }
    }

    async fn forget(&self, _: &DeploymentId) -> Result<(), DriverError> {
        Ok(())
    }

    async fn sweep(&self) -> Result<(), DriverError> {
        Ok(())
    }

    async fn has_room(&self) -> Result<(), DriverError> {
        Ok(())
    }
}

/// Each process has a gateway of its own, which takes everything.
#[async_trait]
impl Router for Shared {
    async fn set(&self, _: &HostLabel, _: Option<Route>) -> Result<(), RouterError> {
        Ok(())
    }

    async fn replace(&self, _: &Table) -> Result<(), RouterError> {
        Ok(())
    }

    async fn drain(&self, _: &Upstream, _: Duration) -> Result<usize, RouterError> {
        Ok(0)
    }
}

#[async_trait]
impl Probe for Shared {
    async fn probe(&self, request: &ProbeRequest) -> Result<ProbeAnswer, ProbeError> {
        let Upstream::Handout(file) = &request.upstream else {
            return Err(ProbeError::Refused);
        };
        let text = std::fs::read_to_string(file).map_err(|_| ProbeError::Refused)?;
        let guest: Guest = serde_json::from_str(&text).map_err(|_| ProbeError::TimedOut)?;
        match guest.running {
            true => Ok(ProbeAnswer {
                status: 200,
                body: String::new(),
            }),
            false => Err(ProbeError::Refused),
        }
    }
}

#[async_trait]
impl Source for Shared {
    fn admit(&self, _: &GitUrl) -> Result<(), SourceError> {
        Ok(())
    }

    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        std::fs::create_dir_all(&request.into).unwrap();
        Ok(Fetched {
            commit: "1".repeat(40).parse().unwrap(),
            bytes: 1,
            warnings: Vec::new(),
        })
    }

    fn tree(&self, _: &Path) -> Box<dyn SourceTree + Send> {
        Box::new(MemoryTree::new(APP.iter().copied()))
    }
}
