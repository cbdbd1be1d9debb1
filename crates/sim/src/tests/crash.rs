//! Kill -9 at a boundary.

use domain::guest::Role;
use futures_util::FutureExt;

use super::support::{build, command, silent, spec};
use crate::{Op, Outcome, When, World};

/// A small engine: builds one artifact.
async fn work(world: &World) {
    build(&world.plug(), &[("a", "1"), ("b", "2")]).await;
}

#[tokio::test]
async fn from_a_crash_on_no_call_of_that_life_returns() {
    let whole = World::new();
    work(&whole).await;
    let boundaries = whole.boundaries();
    whole.leave_ok();
    assert!(boundaries >= 12, "{boundaries}");
    for at in 0..boundaries {
        let world = World::new();
        world.leave_ok();
        world.crash_at(at);
        {
            let engine = work(&world);
            tokio::pin!(engine);
            tokio::select! {
                () = &mut engine => panic!("the engine lived past boundary {at}"),
                crashed = world.crashed(1) => assert!(crashed),
            }
            assert!(engine.now_or_never().is_none());
        }
        // Another life does the same again and ends well, whatever the first one left.
        work(&world).await;
        world.expect().artifacts(1).check();
    }
}

#[tokio::test]
async fn a_command_outlives_its_killed_caller_and_sealing_over_it_is_seen() {
    let world = World::new();
    world.leave_ok();
    let (plug, spec) = (world.plug(), spec(1, Role::Build, None));
    plug.driver.create(&spec).await.unwrap();
    world.crash_at(world.boundaries() + 1);
    {
        let exec = command("install");
        let run = plug.driver.exec(&spec.id, &exec, &silent);
        tokio::select! { _ = run => panic!("it returned"), _ = world.crashed(1) => {} }
    }
    assert_eq!(
        world.inventory()[0],
        "build guest hello: stopped, runs install"
    );
    let again = world.plug();
    again.driver.seal(&spec.id).await.unwrap();
    assert_eq!(world.take_violations().len(), 1);
    again
        .driver
        .exec(&spec.id, &command("install"), &silent)
        .await
        .unwrap();
    again.driver.seal(&spec.id).await.unwrap();
    world.assert_rules();
}

#[tokio::test]
async fn a_dropped_command_is_ended_by_a_living_caller() {
    let world = World::with_time(crate::TimeMode::Manual);
    world.leave_ok();
    let (plug, spec) = (world.plug(), spec(1, Role::Build, None));
    plug.driver.create(&spec).await.unwrap();
    world.app("hello").build_ends(crate::End::Hangs, &[]);
    let exec = command("install");
    assert!(
        plug.driver
            .exec(&spec.id, &exec, &silent)
            .now_or_never()
            .is_none()
    );
    assert_eq!(world.inventory()[0], "build guest hello: stopped");
}

#[tokio::test]
async fn hooks_see_every_boundary_and_the_log_every_call() {
    let world = World::new();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let hook = seen.clone();
    world.on_call(move |boundary| hook.lock().unwrap().push((boundary.op, boundary.when)));
    let plug = world.plug();
    plug.driver
        .destroy(&spec(1, Role::Build, None).id)
        .await
        .unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            (Op::Destroy, When::Before),
            (Op::Destroy, When::Middle),
            (Op::Destroy, When::After)
        ]
    );
    assert_eq!(world.calls()[0].outcome, Outcome::Done);
}

#[tokio::test]
async fn a_gate_holds_one_call_until_it_opens() {
    let world = World::new();
    let (plug, gate) = (world.plug(), world.hold(Op::List));
    let call = tokio::spawn(async move { plug.driver.list().await.map(|guests| guests.len()) });
    gate.reached().await;
    assert_eq!(world.calls()[0].outcome, Outcome::UnderWay);
    gate.open();
    assert_eq!(call.await.unwrap().unwrap(), 0);
}
