//! What every driver owes the engine, as the contract suite of the real ones has it, where no shell is needed.

use std::time::Duration;

use domain::GuestId;
use domain::guest::{AppState, GuestSpec, Observation, Role};
use domain::ports::DriverError;

use super::support::{build, command, serve, service, silent, spec};
use crate::{Plug, World};

async fn app(plug: &Plug, guest: &GuestId) -> AppState {
    match plug.driver.observe(guest).await {
        Observation::Present(seen) => seen.app,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_not_there_is_gone() {
    let world = World::new();
    let (plug, id) = (world.plug(), spec(1, Role::Serve, None).id);
    let gone = |result: Result<(), DriverError>| {
        assert!(matches!(result, Err(DriverError::Gone(_))), "{result:?}")
    };
    gone(plug.driver.start(&id, &service("v1")).await);
    gone(plug.driver.stop(&id, Duration::ZERO).await);
    gone(plug.driver.freeze(&id).await.map(drop));
    gone(plug.driver.address(&id).await.map(drop));
    gone(plug.driver.seal(&id).await.map(drop));
    gone(plug.driver.written(&id).await.map(drop));
    gone(plug.driver.listening(&id).await.map(drop));
    gone(
        plug.driver
            .exec(&id, &command("x"), &silent)
            .await
            .map(drop),
    );
    plug.driver.destroy(&id).await.unwrap();
    assert_eq!(plug.driver.observe(&id).await, Observation::Absent);
}

#[tokio::test]
async fn a_frozen_app_goes_on_where_it_was() {
    let world = World::new();
    let plug = world.plug();
    let artifact = build(&plug, &[]).await;
    let id = serve(&plug, 1, &artifact).await;
    let before = app(&plug, &id).await;
    world.advance(Duration::from_secs(60));
    assert!(plug.driver.freeze(&id).await.unwrap() && plug.driver.freeze(&id).await.unwrap());
    assert_eq!(app(&plug, &id).await, AppState::Frozen);
    plug.driver
        .start(&id, &service("another release"))
        .await
        .unwrap();
    assert_eq!(app(&plug, &id).await, before, "the same life");
    assert!(plug.driver.freeze(&id).await.unwrap());
    plug.driver.stop(&id, Duration::ZERO).await.unwrap();
    assert_eq!(app(&plug, &id).await, AppState::Stopped);
    assert!(!plug.driver.freeze(&id).await.unwrap(), "nothing runs");
    world.leave_ok();
}

#[tokio::test]
async fn another_service_replaces_the_one_that_runs() {
    let world = World::new();
    let plug = world.plug();
    let artifact = build(&plug, &[]).await;
    let id = serve(&plug, 1, &artifact).await;
    let first = app(&plug, &id).await;
    world.advance(Duration::from_secs(60));
    plug.driver.start(&id, &service("v1")).await.unwrap();
    assert_eq!(app(&plug, &id).await, first, "it runs already");
    plug.driver.start(&id, &service("v2")).await.unwrap();
    assert_ne!(app(&plug, &id).await, first);
    assert_eq!(world.guests()[0].env["WHO"], "v2");
    world.leave_ok();
}

#[tokio::test]
async fn kept_folders_stay_below_the_app() {
    let world = World::new();
    let plug = world.plug();
    for bad in ["../x", "/etc", ".", ""] {
        let spec = GuestSpec {
            persist: vec![bad.into()],
            ..spec(1, Role::Serve, None)
        };
        assert!(plug.driver.create(&spec).await.is_err(), "{bad}");
    }
}
