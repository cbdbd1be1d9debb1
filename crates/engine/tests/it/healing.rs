//! What the reconcilers mend by themselves.

use domain::ports::Change;
use domain::{DriverKind, Status};
use rstest::rstest;
use sim::{Asked, Op};

use crate::lab::{Life, lab_on, limits, world_of};

#[rstest]
#[tokio::test]
async fn after_a_machine_restart_everything_that_ran_runs_again(
    #[values(DriverKind::Local, DriverKind::Proxmox)] kind: DriverKind,
) {
    let (world, folder, life) = lab_on(world_of(kind)).await;
    let names = ["one-app", "two-app", "three-app"];
    for name in names {
        life.deploy(name).await;
    }
    life.work("two-app", domain::job::Work::Stop).await;
    life.engine.shut_down().await;
    world.reboot();
    life.store.close().await;
    drop(life);
    let life = Life::begin(&world, folder.path(), limits()).await;
    world
        .until("the two that ran answer", |world| {
            ["one-app", "three-app"]
                .iter()
                .all(|name| matches!(world.ask(name), Asked::App { status: 200, .. }))
        })
        .await;
    assert_eq!(life.status("two-app").await, Status::Stopped);
    life.clean_up(&names).await;
}

#[rstest]
#[tokio::test]
async fn a_crash_loop_becomes_failed_and_tells_why(
    #[values(DriverKind::Local, DriverKind::Proxmox)] kind: DriverKind,
) {
    let (world, _folder, life) = lab_on(world_of(kind)).await;
    life.deploy("hello").await;
    world.app("hello").crash_loops_now();
    world
        .until(
            "the page says failed",
            |world| matches!(world.ask("hello"), Asked::Page(page) if page == "failed"),
        )
        .await;
    assert_eq!(life.status("hello").await, Status::Failed);
    assert!(
        life.find("hello")
            .await
            .error_message
            .unwrap()
            .contains("havre start")
    );
    life.work("hello", domain::job::Work::Start).await;
    assert_eq!(life.status("hello").await, Status::Running);
    life.clean_up(&["hello"]).await;
}

#[rstest]
#[tokio::test]
async fn a_guest_removed_by_a_hand_is_made_again(
    #[values(DriverKind::Local, DriverKind::Proxmox)] kind: DriverKind,
) {
    let (world, _folder, life) = lab_on(world_of(kind)).await;
    life.deploy("hello").await;
    let lost = world.guests_of("hello")[0].id.clone();
    let stranger = world.plug();
    stranger
        .router
        .set(&"hello".parse().unwrap(), None)
        .await
        .unwrap();
    stranger.driver.destroy(&lost).await.unwrap();
    world
        .until("it answers again", |world| {
            matches!(world.ask("hello"), Asked::App { status: 200, .. })
        })
        .await;
    life.clean_up(&["hello"]).await;
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_seen_is_left_alone(
    #[values(DriverKind::Local, DriverKind::Proxmox)] kind: DriverKind,
) {
    let (world, _folder, life) = lab_on(world_of(kind)).await;
    life.deploy("hello").await;
    let starts = world.count(Op::Start);
    world.fail(Op::Observe, sim::Fault::Ambiguous { happened: false }, 3);
    let before = world.count(Op::Observe);
    world
        .until("it was looked at", |world| {
            world.count(Op::Observe) >= before + 3
        })
        .await;
    assert_eq!(world.count(Op::Start), starts);
    assert_eq!(life.status("hello").await, Status::Running);
    life.clean_up(&["hello"]).await;
}

#[rstest]
#[tokio::test]
async fn requests_in_flight_end_on_the_old_guest_before_it_is_frozen(
    #[values(DriverKind::Local, DriverKind::Proxmox)] kind: DriverKind,
) {
    let (world, _folder, life) = lab_on(world_of(kind)).await;
    life.deploy("hello").await;
    let request = world.request("hello").unwrap();
    life.change(
        "hello",
        Change::Redeploy {
            git_ref: None,
            discard_data: false,
        },
    )
    .await;
    world
        .until("the gateway drains", |world| world.count(Op::Drain) > 0)
        .await;
    assert_eq!(world.count(Op::Freeze), 0);
    drop(request);
    world
        .until("the old guest is frozen", |world| {
            world.count(Op::Freeze) == 1
        })
        .await;
    life.clean_up(&["hello"]).await;
}
