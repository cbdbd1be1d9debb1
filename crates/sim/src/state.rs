//! What is there in a world.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::guest::{AppState, GuestSeen, GuestSpec, Role, Service, Upstream};
use domain::plan::Runtime;
use domain::ports::{LogLine, RouteState, Table};
use domain::{
    ArtifactId, BaseId, DeploymentId, DriverKind, GuestId, NodeName, ReleaseId, Resources,
};

use crate::cluster::ClusterState;
use crate::content::{Content, Entry};
use crate::repo::Repo;
use crate::script::{AppScript, Dies, SCRIPT_FILE};

/// Restarts after a crash before an app is left down.
const CRASH_BOUND: u32 = 5;
/// Log lines kept per guest.
const LOG_LINES: usize = 10_000;

pub(crate) struct State {
    pub guests: BTreeMap<GuestId, Guest>,
    pub artifacts: BTreeMap<(DeploymentId, ArtifactId), Arc<Content>>,
    pub caches: BTreeSet<DeploymentId>,
    pub persisted: BTreeMap<DeploymentId, Content>,
    pub table: Table,
    pub in_flight: BTreeMap<u64, Flight>,
    pub scripts: BTreeMap<String, AppScript>,
    pub runtimes: BTreeMap<Runtime, String>,
    pub repos: BTreeMap<String, Repo>,
    pub not_admitted: BTreeSet<String>,
    /// What the engine did against the rules.
    pub violations: Vec<String>,
    pub full: bool,
    pub can_freeze: bool,
    pub handout: bool,
    /// Which driver it is.
    pub kind: DriverKind,
    pub cluster: ClusterState,
    addresses: u32,
}

/// A request between gateway and guest.
pub(crate) struct Flight {
    pub upstream: Upstream,
    pub cut: bool,
}

pub(crate) struct Guest {
    pub spec: GuestSpec,
    pub upstream: Upstream,
    pub content: Content,
    pub written: Content,
    pub service: Option<Service>,
    pub app: AppState,
    /// What the app goes back to when it is thawed.
    pub frozen: Option<AppState>,
    pub restarts: u32,
    /// Probes and requests since the app started.
    pub asked: u32,
    pub log: Vec<LogLine>,
    pub log_from: usize,
    /// Commands that run, by tag, with the life that started them.
    pub running: BTreeMap<String, u32>,
    pub half_copied: bool,
    /// Its number and its machine, on a cluster.
    pub machine: Option<(u32, NodeName)>,
    /// What somebody changed by hand.
    pub altered: Vec<String>,
}

/// A guest as a test sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestView {
    /// Its id.
    pub id: GuestId,
    /// Its deployment.
    pub deployment: DeploymentId,
    /// The release it was made for.
    pub release: ReleaseId,
    /// The host label it was made for.
    pub label: String,
    /// What it is for.
    pub role: Role,
    /// What it was made from.
    pub base: BaseId,
    /// The artifact it was made from.
    pub artifact: Option<ArtifactId>,
    /// What it may use.
    pub resources: Resources,
    /// How its app stands.
    pub app: AppState,
    /// Where it is.
    pub upstream: Upstream,
    /// Its number and its machine, on a cluster.
    pub machine: Option<(u32, NodeName)>,
    /// The environment that its app was started with.
    pub env: BTreeMap<String, String>,
    /// The paths in its app's folder.
    pub files: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        let runtimes = [
            (Runtime::Python, "3.11.7"),
            (Runtime::Node, "20.20.2"),
            (Runtime::Static, "1"),
            (Runtime::Shell, "1"),
        ];
        Self {
            guests: BTreeMap::new(),
            artifacts: BTreeMap::new(),
            caches: BTreeSet::new(),
            persisted: BTreeMap::new(),
            table: Table::new(),
            in_flight: BTreeMap::new(),
            scripts: BTreeMap::new(),
            runtimes: runtimes
                .map(|(runtime, version)| (runtime, version.to_owned()))
                .into(),
            repos: BTreeMap::new(),
            not_admitted: BTreeSet::new(),
            violations: Vec::new(),
            full: false,
            can_freeze: true,
            handout: false,
            kind: DriverKind::Local,
            cluster: ClusterState::default(),
            addresses: 0,
        }
    }
}

impl State {
    /// An address that no guest ever had.
    pub fn new_address(&mut self) -> Upstream {
        self.addresses += 1;
        if self.handout {
            return Upstream::Handout(format!("/sim/guest-{}.sock", self.addresses).into());
        }
        let [_, a, b, c] = self.addresses.to_be_bytes();
        Upstream::Tcp(SocketAddr::from((Ipv4Addr::new(10, a, b, c), 8000)))
    }

    pub fn guest_at(&self, upstream: &Upstream) -> Option<&Guest> {
        self.guests
            .values()
            .find(|guest| guest.upstream == *upstream)
    }

    pub fn guest_at_mut(&mut self, upstream: &Upstream) -> Option<&mut Guest> {
        self.guests
            .values_mut()
            .find(|guest| guest.upstream == *upstream)
    }

    /// The labels whose route leads to this guest.
    pub fn labels_to(&self, upstream: &Upstream) -> Vec<String> {
        let leads = |state: &RouteState| matches!(state, RouteState::Serving { upstream: to } if to == upstream);
        let routes = self.table.iter().filter(|(_, route)| leads(&route.state));
        routes.map(|(label, _)| label.to_string()).collect()
    }

    pub fn violation(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }

    /// Notes a violation when a route leads to the guest that is about to be taken away.
    pub fn must_not_be_routed(&mut self, id: &GuestId, verb: &str) {
        let Some(guest) = self.guests.get(id) else {
            return;
        };
        let labels = self.labels_to(&guest.upstream);
        if !labels.is_empty() {
            self.violation(format!(
                "guest {id} was {verb} while the route of {} led to it",
                labels.join(", ")
            ));
        }
    }

    /// How the app of a guest behaves: as told for its label, else as its files say, else well.
    pub fn script(&self, id: &GuestId) -> AppScript {
        let Some(guest) = self.guests.get(id) else {
            return AppScript::default();
        };
        self.script_of(guest)
    }

    pub fn script_of(&self, guest: &Guest) -> AppScript {
        if let Some(script) = self.scripts.get(guest.spec.label.as_str()) {
            return script.clone();
        }
        match guest.content.get(SCRIPT_FILE) {
            Some(Entry::File(bytes)) => serde_json::from_slice(bytes).unwrap_or_default(),
            _ => AppScript::default(),
        }
    }

    /// Starts the app of a guest anew.
    pub fn boot(&mut self, id: &GuestId, now: DateTime<Utc>) {
        let script = self.script(id);
        let Some(guest) = self.guests.get_mut(id) else {
            return;
        };
        guest.asked = 0;
        guest.app = AppState::Running {
            restarts: guest.restarts,
            since: now,
        };
        if let Dies::AtStart(code) = script.dies {
            guest.crash(&format!("exit code {code}"), now);
        }
        let persisted = self.persisted.entry(guest.spec.deployment).or_default();
        for path in &script.writes {
            let kept = guest
                .spec
                .persist
                .iter()
                .any(|folder| path.starts_with(&format!("{folder}/")));
            let into = if kept {
                &mut *persisted
            } else {
                &mut guest.written
            };
            into.insert(path.clone(), Entry::File(b"written by the app".to_vec()));
        }
        self.persisted.retain(|_, content| !content.is_empty());
    }
}

impl Guest {
    pub fn new(spec: GuestSpec, upstream: Upstream, content: Content) -> Self {
        Self {
            spec,
            upstream,
            content,
            written: Content::new(),
            service: None,
            app: AppState::Stopped,
            frozen: None,
            restarts: 0,
            asked: 0,
            log: Vec::new(),
            log_from: 0,
            running: BTreeMap::new(),
            half_copied: false,
            machine: None,
            altered: Vec::new(),
        }
    }

    pub fn seen(&self) -> GuestSeen {
        GuestSeen {
            id: self.spec.id.clone(),
            deployment: self.spec.deployment,
            role: self.spec.role,
            app: self.app.clone(),
            machine: self.machine_seen(),
        }
    }

    pub fn view(&self) -> GuestView {
        GuestView {
            id: self.spec.id.clone(),
            deployment: self.spec.deployment,
            release: self.spec.release,
            label: self.spec.label.to_string(),
            role: self.spec.role,
            base: self.spec.base.clone(),
            artifact: self.spec.artifact.clone(),
            resources: self.spec.resources,
            app: self.app.clone(),
            upstream: self.upstream.clone(),
            machine: self.machine.clone(),
            env: self
                .service
                .as_ref()
                .map(|service| service.env.clone())
                .unwrap_or_default(),
            files: self.content.keys().cloned().collect(),
        }
    }

    /// The app exits by itself: it is started again a few times, then left down.
    pub fn crash(&mut self, how: &str, now: DateTime<Utc>) {
        self.say(&format!("the app ended: {how}"), now);
        self.asked = 0;
        self.restarts += 1;
        self.app = if self.restarts > CRASH_BOUND {
            AppState::Down {
                last_exit: how.to_owned(),
                crash_loop: true,
            }
        } else {
            AppState::BackingOff {
                restarts: self.restarts,
                last_exit: how.to_owned(),
            }
        };
    }

    /// The app prints a line.
    pub fn say(&mut self, text: &str, now: DateTime<Utc>) {
        let cursor = (self.log_from + self.log.len()).to_string();
        self.log.push(LogLine {
            at: now,
            text: text.to_owned(),
            cursor,
        });
        if self.log.len() > LOG_LINES {
            self.log.remove(0);
            self.log_from += 1;
        }
    }
}
