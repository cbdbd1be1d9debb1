//! What the calls do to guests and artifacts. Each takes place at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Component, Path};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::guest::{
    AppState, Base, DriverReport, GuestSeen, GuestSpec, Listening, Role, Sealed, Service,
    ServiceStart,
};
use domain::plan::{Runtime, RuntimeNeed};
use domain::ports::DriverError;
use domain::{ArtifactId, DeploymentId, GuestId, NodeName};

use crate::content::{bytes_of, id_of};
use crate::fault::gone;
use crate::script::Dies;
use crate::state::{Guest, State};

pub(super) fn report() -> DriverReport {
    DriverReport {
        tier: "L1".into(),
        meaning: "Simulated guests in memory.".into(),
        network: "There is no network.".into(),
        enforced: vec!["Nothing is enforced.".into()],
        warnings: Vec::new(),
    }
}

pub(super) fn has_room(state: &State) -> Result<(), DriverError> {
    if state.full {
        return Err(DriverError::Capacity {
            what: "the simulated disk is full".into(),
            cure: "empty it with World::fill(false)".into(),
        });
    }
    Ok(())
}

/// Where a cluster has lost its quorum, nothing can be changed there for now.
pub(super) fn has_quorum(state: &State) -> Result<(), DriverError> {
    if state.cluster.no_quorum {
        return Err(DriverError::Transient("the cluster has no quorum".into()));
    }
    Ok(())
}

/// A bare version is a prefix of what is there; a range is taken as satisfied.
fn satisfies(there: &str, wish: &str) -> bool {
    let bare = wish.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    !bare || there == wish || there.starts_with(&format!("{wish}."))
}

pub(super) fn prepare_base(
    state: &State,
    needs: &[RuntimeNeed],
    any: bool,
) -> Result<Base, DriverError> {
    let mut base = ("sim".to_owned(), Vec::new());
    let (mut missing_optional, mut warnings) = (Vec::new(), Vec::new());
    for need in needs {
        let Some(there) = state.runtimes.get(&need.runtime) else {
            if need.optional.is_none() {
                return Err(toolchain(need.runtime, "is not there"));
            }
            missing_optional.push(need.runtime);
            continue;
        };
        if let Some(wish) = need
            .version
            .as_ref()
            .filter(|wish| !satisfies(there, &wish.wish))
        {
            let what = format!("{} is wanted by {}, {there} is there", wish.wish, wish.file);
            if !any {
                return Err(toolchain(need.runtime, &what));
            }
            warnings.push(format!("{}: {what}", need.runtime));
        }
        base.0 = format!("{}_{}-{there}", base.0, need.runtime);
        base.1.push(format!("{} {there}", need.runtime));
    }
    let id = base
        .0
        .parse()
        .map_err(|error| DriverError::other("name the base", error))?;
    Ok(Base {
        id,
        versions: base.1,
        missing_optional,
        warnings,
    })
}

fn toolchain(runtime: Runtime, what: &str) -> DriverError {
    DriverError::Toolchain {
        what: format!("{runtime}: {what}"),
        cure: format!("install {runtime}"),
    }
}

fn is_below(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

pub(super) fn create(state: &mut State, spec: &GuestSpec) -> Result<(), DriverError> {
    if let Some(there) = state.guests.get(&spec.id) {
        if there.spec != *spec {
            state.violation(format!(
                "guest {} was made twice from different specs",
                spec.id
            ));
        }
        return Ok(());
    }
    if let Some(bad) = spec.persist.iter().find(|path| !is_below(path)) {
        return Err(DriverError::other(
            "keep a folder",
            format!("`{bad}` is not below the app's folder"),
        ));
    }
    has_room(state)?;
    has_quorum(state)?;
    let machine = machine(state, spec)?;
    let content = match &spec.artifact {
        None => Arc::default(),
        Some(artifact) => {
            let found = state.artifacts.get(&(spec.deployment, artifact.clone()));
            found
                .cloned()
                .ok_or_else(|| DriverError::other("make a guest", "its artifact is not there"))?
        }
    };
    let upstream = state.new_address();
    let mut guest = Guest::new(spec.clone(), upstream, (*content).clone());
    guest.machine = machine;
    state.guests.insert(spec.id.clone(), guest);
    Ok(())
}

/// The number and the machine of a new guest, on a cluster.
fn machine(state: &mut State, spec: &GuestSpec) -> Result<Option<(u32, NodeName)>, DriverError> {
    if state.kind.is_of_a_place() {
        return Ok(None);
    }
    let node = match &spec.node {
        None => state.cluster.first_node(),
        Some(wish) => {
            let there = state.cluster.nodes.get(wish).copied().unwrap_or(false);
            there.then(|| wish.clone())
        }
    };
    let Some(node) = node else {
        return Err(DriverError::Capacity {
            what: "no node of the cluster can take the guest".into(),
            cure: "choose another node".into(),
        });
    };
    Ok(Some((state.cluster.next_vmid(), node)))
}

pub(super) fn seal(state: &mut State, id: &GuestId) -> Result<Sealed, DriverError> {
    let guest = state.guests.get(id).ok_or_else(|| gone(id))?;
    if guest.spec.role != Role::Build {
        return Err(DriverError::other(
            format!("seal guest {id}"),
            "it is not a build guest",
        ));
    }
    let sealed = Sealed {
        id: id_of(&guest.content),
        bytes: bytes_of(&guest.content),
    };
    let (running, half) = (
        guest.running.keys().cloned().collect::<Vec<_>>(),
        guest.half_copied,
    );
    let (key, content) = (
        (guest.spec.deployment, sealed.id.clone()),
        Arc::new(guest.content.clone()),
    );
    if !running.is_empty() {
        state.violation(format!(
            "guest {id} was sealed while it ran {}",
            running.join(", ")
        ));
    }
    if half {
        state.violation(format!(
            "guest {id} was sealed although copying its source was cut"
        ));
    }
    state.artifacts.insert(key, content);
    Ok(sealed)
}

pub(super) fn drop_artifact(
    state: &mut State,
    deployment: &DeploymentId,
    artifact: &ArtifactId,
) -> Result<(), DriverError> {
    let uses = |guest: &&Guest| {
        guest.spec.deployment == *deployment && guest.spec.artifact.as_ref() == Some(artifact)
    };
    if let Some(user) = state
        .guests
        .values()
        .find(uses)
        .map(|guest| guest.spec.id.clone())
    {
        state.violation(format!(
            "artifact {artifact} was dropped while guest {user} stood on it"
        ));
        return Err(DriverError::other(
            "drop an artifact",
            format!("guest {user} uses it"),
        ));
    }
    state.artifacts.remove(&(*deployment, artifact.clone()));
    Ok(())
}

fn same_service(a: &Service, b: &Service) -> bool {
    let what = |service: &Service| match &service.start {
        ServiceStart::Argv(argv) => argv.join("\0"),
        ServiceStart::Static { dir, spa } => format!("static {dir} {spa}"),
    };
    what(a) == what(b) && a.dir == b.dir && a.env == b.env && a.port == b.port
}

pub(super) fn start(
    state: &mut State,
    id: &GuestId,
    service: &Service,
    now: DateTime<Utc>,
) -> Result<(), DriverError> {
    let guest = state.guests.get_mut(id).ok_or_else(|| gone(id))?;
    if guest.spec.role != Role::Serve {
        return Err(DriverError::other(
            format!("start guest {id}"),
            "it is a build guest",
        ));
    }
    match &guest.app {
        AppState::Frozen => {
            let since = AppState::Running {
                restarts: guest.restarts,
                since: now,
            };
            guest.app = guest.frozen.take().unwrap_or(since);
            return Ok(());
        }
        AppState::Running { .. } | AppState::BackingOff { .. }
            if guest
                .service
                .as_ref()
                .is_some_and(|present| same_service(present, service)) =>
        {
            return Ok(());
        }
        _ => {}
    }
    guest.service = Some(service.clone());
    guest.restarts = 0;
    state.boot(id, now);
    Ok(())
}

/// Looks at a guest. An app that waits to be started again is started again by the time somebody looks twice.
pub(super) fn observe(state: &mut State, id: &GuestId, now: DateTime<Utc>) -> Option<GuestSeen> {
    let seen = state.guests.get(id)?.seen();
    if matches!(seen.app, AppState::BackingOff { .. }) {
        state.boot(id, now);
    }
    Some(seen)
}

pub(super) fn listening(state: &State, id: &GuestId) -> Result<Listening, DriverError> {
    let guest = state.guests.get(id).ok_or_else(|| gone(id))?;
    let script = state.script_of(guest);
    let up = matches!(guest.app, AppState::Running { .. } | AppState::Frozen);
    let told = guest.service.as_ref().map_or(0, |service| service.port);
    let own = SocketAddr::from((Ipv4Addr::UNSPECIFIED, told));
    let sockets = match script.listens {
        _ if !up || matches!(script.dies, Dies::AtStart(_)) => Vec::new(),
        Some(sockets) => sockets,
        None if guest.asked < script.refused_first => Vec::new(),
        None => vec![own],
    };
    Ok(Listening { sockets })
}

pub(super) fn freeze(state: &mut State, id: &GuestId) -> Result<bool, DriverError> {
    if !state.can_freeze {
        return Ok(false);
    }
    state.must_not_be_routed(id, "frozen");
    let guest = state.guests.get_mut(id).ok_or_else(|| gone(id))?;
    match guest.app {
        AppState::Running { .. } => {
            guest.frozen = Some(std::mem::replace(&mut guest.app, AppState::Frozen))
        }
        AppState::Frozen => {}
        _ => return Ok(false),
    }
    Ok(true)
}

pub(super) fn stop(state: &mut State, id: &GuestId) -> Result<(), DriverError> {
    state.must_not_be_routed(id, "stopped");
    let guest = state.guests.get_mut(id).ok_or_else(|| gone(id))?;
    guest.app = AppState::Stopped;
    Ok(())
}

pub(super) fn forget(state: &mut State, deployment: &DeploymentId) -> Result<(), DriverError> {
    let of = |guest: &&Guest| guest.spec.deployment == *deployment;
    if let Some(guest) = state
        .guests
        .values()
        .find(of)
        .map(|guest| guest.spec.id.clone())
    {
        state.violation(format!(
            "deployment {deployment} was forgotten while guest {guest} was there"
        ));
        return Err(DriverError::other(
            "forget a deployment",
            format!("guest {guest} is there"),
        ));
    }
    state.artifacts.retain(|(of, _), _| of != deployment);
    state.caches.remove(deployment);
    state.persisted.remove(deployment);
    Ok(())
}
