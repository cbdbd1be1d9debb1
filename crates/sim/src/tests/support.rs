//! What the tests share: one deployment and short ways to call its driver.

use std::time::Duration;

use domain::GuestId;
use domain::guest::{Exec, GuestSpec, Role, Service, ServiceStart};
use domain::ports::{Dice, OutLine, ProbeRequest, Route, RouteState};
use domain::{ArtifactId, DeploymentId, DeploymentKind, HostLabel, ReleaseId, Resources};

use crate::Plug;

/// Takes the output of commands that nobody reads.
pub fn silent(_: OutLine) {}

pub fn label() -> HostLabel {
    "hello".parse().unwrap()
}

/// The n-th guest of the one deployment.
pub fn spec(n: u8, role: Role, artifact: Option<ArtifactId>) -> GuestSpec {
    let dice = Dice::seeded([7; 32]);
    GuestSpec {
        id: format!("g{n:012x}").parse().unwrap(),
        deployment: dice.roll(DeploymentId::random),
        release: dice.roll(ReleaseId::random),
        label: label(),
        slot: 0,
        role,
        kind: DeploymentKind::Lxc,
        node: None,
        tags: Vec::new(),
        base: "sim_python-3.11.7".parse().unwrap(),
        artifact,
        resources: Resources::default_for(DeploymentKind::Lxc),
        persist: vec!["data".into()],
    }
}

pub fn service(env: &str) -> Service {
    Service {
        start: ServiceStart::Argv(vec!["run".into()]),
        dir: String::new(),
        env: [("WHO".to_owned(), env.to_owned())].into(),
        port: 8000,
    }
}

pub fn command(tag: &str) -> Exec {
    Exec {
        tag: tag.into(),
        argv: vec!["pip".into(), "install".into()],
        dir: String::new(),
        env: [("VITE_A".to_owned(), "1".to_owned())].into(),
        timeout: Duration::from_secs(600),
        registries: true,
    }
}

/// Builds a tree into an artifact and removes the build guest.
pub async fn build(plug: &Plug, files: &[(&str, &str)]) -> ArtifactId {
    let tree = tempfile::tempdir().unwrap();
    for (path, text) in files {
        std::fs::write(tree.path().join(path), text).unwrap();
    }
    let spec = spec(100, Role::Build, None);
    plug.driver.create(&spec).await.unwrap();
    plug.driver.put(&spec.id, tree.path()).await.unwrap();
    plug.driver
        .exec(&spec.id, &command("install"), &silent)
        .await
        .unwrap();
    let sealed = plug.driver.seal(&spec.id).await.unwrap();
    plug.driver.destroy(&spec.id).await.unwrap();
    sealed.id
}

/// Makes and starts the n-th guest on an artifact.
pub async fn serve(plug: &Plug, n: u8, artifact: &ArtifactId) -> GuestId {
    let spec = spec(n, Role::Serve, Some(artifact.clone()));
    plug.driver.create(&spec).await.unwrap();
    plug.driver.start(&spec.id, &service("v1")).await.unwrap();
    spec.id
}

/// Leads the route to a guest.
pub async fn route(plug: &Plug, guest: &GuestId) {
    let upstream = plug.driver.address(guest).await.unwrap();
    let route = Route {
        name: "Hello".into(),
        state: RouteState::Serving { upstream },
    };
    plug.router.set(&label(), Some(route)).await.unwrap();
}

pub async fn probe_of(plug: &Plug, guest: &GuestId) -> ProbeRequest {
    ProbeRequest {
        upstream: plug.driver.address(guest).await.unwrap(),
        path: "/".into(),
        host: "hello.localhost".into(),
        proto: "http".into(),
        timeout: Duration::from_secs(3),
    }
}
