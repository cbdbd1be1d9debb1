//! Guests without a row: which go, and which stay.

use domain::guest::{GuestSpec, Role};
use domain::ports::Dice;
use domain::resources::Resources;
use domain::{DeploymentId, DeploymentKind, GuestId, ReleaseId};
use sim::World;

use crate::lab::{Life, lab, limits};

/// A guest that some server made, and whose row is in no database of ours.
pub async fn made_by_somebody(
    world: &World,
    n: u8,
    deployment: DeploymentId,
    label: &str,
) -> GuestId {
    let dice = Dice::seeded([n; 32]);
    let spec = GuestSpec {
        id: format!("g{n:012x}").parse().unwrap(),
        deployment,
        release: dice.roll(ReleaseId::random),
        label: label.parse().unwrap(),
        slot: 7,
        role: Role::Serve,
        kind: DeploymentKind::Lxc,
        node: None,
        tags: Vec::new(),
        base: world.guests_of("hello")[0].base.clone(),
        artifact: None,
        resources: Resources::default_for(DeploymentKind::Lxc),
        persist: Vec::new(),
    };
    world.plug().driver.create(&spec).await.unwrap();
    spec.id
}

pub fn is_there(world: &World, guest: &GuestId) -> bool {
    world.guests().iter().any(|found| found.id == *guest)
}

/// A server on the wrong database, or on a new one before its backup is restored, must not remove what is not its own.
#[tokio::test]
async fn only_guests_of_deployments_that_this_database_knows_are_removed() {
    let (world, folder, life) = lab().await;
    life.deploy("hello").await;
    let known = life.id("hello").await;
    life.engine.shut_down().await;
    life.store.close().await;
    drop(life);
    let unknown = Dice::seeded([9; 32]).roll(DeploymentId::random);
    let first = made_by_somebody(&world, 1, known, "hello").await;
    let theirs = made_by_somebody(&world, 2, unknown, "stranger").await;
    let last = made_by_somebody(&world, 3, known, "hello").await;
    // It looks when it starts.
    let life = Life::begin(&world, folder.path(), limits()).await;
    world
        .until("ours are removed, those before and behind it", |world| {
            !is_there(world, &first) && !is_there(world, &last)
        })
        .await;
    assert!(is_there(&world, &theirs), "it is somebody's");
    world.plug().driver.destroy(&theirs).await.unwrap();
    life.clean_up(&["hello"]).await;
}
