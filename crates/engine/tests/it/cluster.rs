//! On a cluster: what passes is waited for, rows tell where guests live, drift is noticed, and orphans have a time of grace.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::event::Happened;
use domain::job::Work;
use domain::ports::{Change, Events, NewDeploy};
use domain::{DriverKind, ReleaseStatus, Resources, Status};
use engine::Refusal;
use rstest::rstest;
use sim::{Asked, Fault, Op, World};

use crate::lab::{APP, Life, URL, cluster_lab, over, request};

const REDEPLOY: Change = Change::Redeploy {
    git_ref: None,
    discard_data: false,
};

fn serves(world: &World) -> bool {
    matches!(world.ask("hello"), Asked::App { status: 200, .. })
}

/// What was told, oldest first.
async fn told(life: &Life) -> Vec<String> {
    let events = life.store.events_after(None, 0, 1000).await.unwrap();
    let words = events.into_iter().filter_map(|event| match event.what {
        Happened::Warning { message } => Some(message),
        _ => None,
    });
    words.collect()
}

async fn until_it_waits(world: &World, life: &Life, name: &str) -> String {
    let id = life.id(name).await;
    let waits = |_: &World| life.engine.waiting(&id).is_some();
    world.until("it waits", waits).await;
    life.engine.waiting(&id).unwrap().why
}

#[tokio::test]
async fn without_quorum_a_deploy_waits_and_says_why_and_what_serves_serves() {
    let (world, _folder, life) = cluster_lab().await;
    assert_eq!(life.deploy("hello").await.status, ReleaseStatus::Serving);
    world.lose_quorum(true);
    world
        .repo(URL)
        .commit(&[("Procfile", "web: run two\nrelease: migrate"), APP[1]]);
    let id = life.id("hello").await;
    let accepted = life.engine.change(&id, REDEPLOY).await.unwrap();
    assert_eq!(
        until_it_waits(&world, &life, "hello").await,
        "the cluster has no quorum"
    );
    for _ in 0..20 {
        world.advance(Duration::from_secs(5));
        assert!(serves(&world));
        tokio::task::yield_now().await;
    }
    assert_eq!(
        life.release("hello", 2).await.status,
        ReleaseStatus::Building
    );
    assert_eq!(life.status("hello").await, Status::Running);

    world.lose_quorum(false);
    let release = over(&world, &life, &accepted.release, false).await;
    assert_eq!(
        release.status,
        ReleaseStatus::Serving,
        "{:?}",
        release.failure
    );
    assert!(serves(&world));
    world
        .until("it does not wait any more", |_| {
            life.engine.waiting(&id).is_none()
        })
        .await;
    let waiting = "waiting: the cluster has no quorum. It goes on by itself.";
    assert_eq!(
        told(&life).await.iter().filter(|it| *it == waiting).count(),
        1,
        "told once"
    );
    assert_eq!(life.build_log(&release).await.matches(waiting).count(), 1);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_full_cluster_is_waited_for() {
    let (world, _folder, life) = cluster_lab().await;
    world.fill(true);
    let accepted = life.ask("hello", URL).await.unwrap();
    let why = until_it_waits(&world, &life, "hello").await;
    assert!(why.contains("full") && why.contains("empty it"), "{why}");
    world.fill(false);
    let release = over(&world, &life, &accepted.release, false).await;
    assert_eq!(release.status, ReleaseStatus::Serving);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn what_waits_can_be_cancelled_and_leaves_nothing() {
    let (world, _folder, life) = cluster_lab().await;
    world.lose_quorum(true);
    let accepted = life.ask("hello", URL).await.unwrap();
    until_it_waits(&world, &life, "hello").await;
    life.engine.cancel(&life.id("hello").await).await.unwrap();
    let release = over(&world, &life, &accepted.release, false).await;
    assert_eq!(release.status, ReleaseStatus::Cancelled);
    world.lose_quorum(false);
    life.clean_up(&["hello"]).await;
}

/// A fault at each call that lasts, then passes: never failed, and what served serves all the time.
#[rstest]
#[tokio::test]
async fn no_fault_that_passes_fails_a_deploy(
    #[values(
        Op::HasRoom,
        Op::PrepareBase,
        Op::Create,
        Op::Put,
        Op::Exec,
        Op::Seal,
        Op::Destroy,
        Op::Report,
        Op::Written,
        Op::Start,
        Op::Address,
        Op::RouteSet
    )]
    op: Op,
    #[values(Fault::Transient, Fault::Ambiguous { happened: true }, Fault::Ambiguous { happened: false })]
    fault: Fault,
) {
    let (world, _folder, life) = cluster_lab().await;
    assert_eq!(life.deploy("hello").await.status, ReleaseStatus::Serving);
    world
        .repo(URL)
        .commit(&[("Procfile", "web: run two\nrelease: migrate"), APP[1]]);
    world.fail(op, fault, 1000);
    let id = life.id("hello").await;
    let accepted = life.engine.change(&id, REDEPLOY).await.unwrap();
    until_it_waits(&world, &life, "hello").await;
    assert!(
        serves(&world) || op == Op::Address,
        "{:?}",
        world.ask("hello")
    );
    world.heal();
    let release = over(&world, &life, &accepted.release, false).await;
    assert_eq!(
        release.status,
        ReleaseStatus::Serving,
        "{:?}",
        release.failure
    );
    world.until("it serves", serves).await;
    life.clean_up(&["hello"]).await;
}

#[rstest]
#[case(Work::Stop, Op::Stop)]
#[case(Work::Restart, Op::Start)]
#[case(Work::Destroy, Op::Destroy)]
#[tokio::test]
async fn what_a_user_asks_of_an_app_waits_too(#[case] work: Work, #[case] op: Op) {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    world.fail(op, Fault::Transient, 1000);
    let id = life.id("hello").await;
    let job = life.engine.work(&id, work.clone()).await.unwrap().unwrap();
    until_it_waits(&world, &life, "hello").await;
    world.heal();
    for _ in 0..1000 {
        if life
            .engine
            .wait_for_job(&job, Duration::from_millis(10))
            .await
            .unwrap()
        {
            break;
        }
        world.advance(Duration::from_secs(5));
    }
    let expected = match work {
        Work::Stop => Status::Stopped,
        Work::Restart => Status::Running,
        _ => Status::Deleted,
    };
    assert_eq!(life.status("hello").await, expected);
    match expected {
        Status::Deleted => life.engine.shut_down().await,
        _ => life.clean_up(&["hello"]).await,
    }
}

/// A server that does not have the driver must not fail what another one can do.
#[tokio::test]
async fn a_server_without_the_driver_leaves_the_deploy_to_others() {
    let (world, folder, life) = cluster_lab().await;
    world.lose_quorum(true);
    let accepted = life.ask("hello", URL).await.unwrap();
    until_it_waits(&world, &life, "hello").await;
    life.engine.shut_down().await;
    life.store.close().await;
    drop(life);

    world.lose_quorum(false);
    world.advance(Duration::from_secs(60));
    let bare = Life::begin_without_driver(&world, folder.path()).await;
    let why = until_it_waits(&world, &bare, "hello").await;
    assert!(
        why.contains("proxmox is not set up on this server"),
        "{why}"
    );
    bare.engine.shut_down().await;
    bare.store.close().await;
    drop(bare);

    world.advance(Duration::from_secs(60));
    let life = Life::begin(&world, folder.path(), crate::lab::limits()).await;
    let release = over(&world, &life, &accepted.release, false).await;
    assert_eq!(release.status, ReleaseStatus::Serving);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn the_row_tells_where_the_guest_lives() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    let row = life.find("hello").await;
    let guest = world.guests_of("hello").remove(0);
    let (vmid, node) = guest.machine.clone().unwrap();
    assert_eq!((row.vm_id, node.as_str()), (Some(i64::from(vmid)), "pve1"));
    assert!(format!("{:?}", guest.upstream).contains(&row.ip_address.unwrap()));

    let second = life.change("hello", REDEPLOY).await;
    assert_eq!(second.status, ReleaseStatus::Serving);
    assert_ne!(
        life.find("hello").await.vm_id,
        Some(i64::from(vmid)),
        "another guest"
    );
    life.work("hello", Work::Destroy).await;
    let gone = life.find("hello").await;
    assert_eq!(
        (gone.vm_id, gone.ip_address),
        (None, None),
        "its number may be another's tomorrow"
    );
    life.engine.shut_down().await;
}

#[tokio::test]
async fn a_guest_that_moved_is_shown_and_routed_where_it_is() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    let before = life.find("hello").await.ip_address.unwrap();
    world.moves("hello", Some("pve2"));
    world.until("the gateway goes there", serves).await;
    let id = life.id("hello").await;
    world
        .until("it was seen there", |_| {
            life.engine
                .machine_of(&id)
                .is_some_and(|it| it.node == "pve2")
        })
        .await;
    let after = life.find("hello").await.ip_address.unwrap();
    assert_ne!(before, after);
    assert!(
        told(&life)
            .await
            .iter()
            .any(|it| it.contains(&after) && it.contains("pve2"))
    );
    life.clean_up(&["hello"]).await;
}

/// Nobody is sent to an address that is not confirmed; once it is, the app serves again, and others never noticed.
#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_confirmed() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    life.deploy("other").await;
    let guest = world.guests_of("hello").remove(0).id;
    world.fail_about(Op::Address, guest.as_str(), Fault::Transient, 1000);
    world.moves("hello", None);
    world
        .until(
            "nobody is sent there",
            |world| matches!(world.ask("hello"), Asked::Page(page) if page == "deploying"),
        )
        .await;
    assert!(matches!(world.ask("other"), Asked::App { status: 200, .. }));
    world.heal();
    world.until("it serves again", serves).await;
    life.clean_up(&["hello", "other"]).await;
}

#[tokio::test]
async fn a_guest_stopped_by_hand_is_started_again() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    world.stopped_by_hand("hello");
    world.until("it answers again", serves).await;
    assert_eq!(world.guests_of("hello").len(), 1, "the same guest");
    life.clean_up(&["hello"]).await;
}

/// A release that waits, for hours perhaps, keeps what serves from nothing.
#[tokio::test]
async fn a_guest_stopped_by_hand_is_started_while_a_release_waits() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    world
        .repo(URL)
        .commit(&[("Procfile", "web: run two\n"), APP[1]]);
    world.fill(true);
    let id = life.id("hello").await;
    let accepted = life.engine.change(&id, REDEPLOY).await.unwrap();
    until_it_waits(&world, &life, "hello").await;
    // Until its next turn is some time away, so that it is put off rather than tried.
    world.stopped_by_hand("hello");
    world.until("it answers again", serves).await;
    assert_eq!(
        life.release("hello", 2).await.status,
        ReleaseStatus::Building
    );
    world.fill(false);
    let release = over(&world, &life, &accepted.release, false).await;
    assert_eq!(release.status, ReleaseStatus::Serving);
    life.clean_up(&["hello"]).await;
}

/// Its address may be another machine's by now: nobody is sent there while the app cannot be made again.
#[tokio::test]
async fn nobody_is_sent_to_a_guest_that_was_destroyed() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    let lost = world.guests_of("hello").remove(0).id;
    let stranger = world.plug();
    stranger
        .router
        .set(&"hello".parse().unwrap(), None)
        .await
        .unwrap();
    world.fail(Op::Create, Fault::Transient, 1000);
    stranger.driver.destroy(&lost).await.unwrap();
    world
        .until(
            "nobody is sent there",
            |world| matches!(world.ask("hello"), Asked::Page(page) if page == "deploying"),
        )
        .await;
    world.heal();
    world.until("it answers again", serves).await;
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_guest_destroyed_by_hand_is_made_again() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    let number = life.find("hello").await.vm_id;
    let lost = world.guests_of("hello").remove(0).id;
    let stranger = world.plug();
    stranger
        .router
        .set(&"hello".parse().unwrap(), None)
        .await
        .unwrap();
    stranger.driver.destroy(&lost).await.unwrap();
    world.until("it answers again", serves).await;
    let id = life.id("hello").await;
    world
        .until("it was seen", |_| life.engine.machine_of(&id).is_some())
        .await;
    assert_ne!(life.find("hello").await.vm_id, number);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_guest_changed_by_hand_is_shown_until_the_next_release() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    let id = life.id("hello").await;
    let words = "its memory is 4096 MB instead of 1024";
    world.altered_by_hand("hello", words);
    world
        .until("it is noticed", |_| {
            life.engine.alterations_of(&id) == [words]
        })
        .await;
    assert!(serves(&world), "it serves on");
    life.change("hello", REDEPLOY).await;
    world
        .until("the new guest is as it should be", |_| {
            life.engine.alterations_of(&id).is_empty()
        })
        .await;
    let told = told(&life).await;
    assert_eq!(
        told.iter().filter(|it| it.contains(words)).count(),
        1,
        "{told:?}"
    );
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn what_cannot_be_seen_on_a_cluster_is_left_alone() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    let (starts, seen) = (world.count(Op::Start), world.count(Op::Observe));
    world.fail(Op::Observe, Fault::Ambiguous { happened: false }, 4);
    world
        .until("it was looked at", |world| {
            world.count(Op::Observe) >= seen + 4
        })
        .await;
    assert_eq!(world.count(Op::Start), starts);
    assert!(serves(&world) && life.find("hello").await.vm_id.is_some());
    life.clean_up(&["hello"]).await;
}

/// Listed at once, removed after the time of grace.
#[tokio::test]
async fn an_orphan_is_listed_first_and_removed_after_its_time() {
    let (world, folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    let id = life.id("hello").await;
    life.engine.shut_down().await;
    life.store.close().await;
    drop(life);
    let orphan = crate::orphans::made_by_somebody(&world, 1, id, "hello").await;
    let life = Life::begin(&world, folder.path(), crate::lab::limits()).await;
    let listed = |life: &Life| {
        life.engine
            .orphans()
            .iter()
            .any(|it| it.guest == orphan && it.goes.is_some())
    };
    world.until("it is listed", |_| listed(&life)).await;
    let seen = life.engine.orphans().remove(0);
    assert_eq!(seen.goes.unwrap() - seen.since, chrono::TimeDelta::hours(1));
    assert!(seen.machine.is_some());
    assert!(crate::orphans::is_there(&world, &orphan));
    life.engine.shut_down().await;
    life.store.close().await;
    drop(life);

    let limits = domain::limits::EngineLimits {
        orphan_grace: Duration::ZERO,
        ..crate::lab::limits()
    };
    let life = Life::begin(&world, folder.path(), limits).await;
    world
        .until("it is removed", |world| {
            !crate::orphans::is_there(world, &orphan)
        })
        .await;
    world
        .until("nothing is listed", |_| life.engine.orphans().is_empty())
        .await;
    life.clean_up(&["hello"]).await;
}

async fn refused(life: &Life, new: NewDeploy) -> (&'static str, String) {
    match life.engine.deploy(new).await {
        Err(Refusal::BadInput { field, why }) => (field, why),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_node_is_asked_for_kept_and_changed() {
    let (world, _folder, life) = cluster_lab().await;
    let on = |node: &str| NewDeploy {
        driver: DriverKind::Proxmox,
        node: Some(node.parse().unwrap()),
        ..request("hello", URL)
    };
    let (field, why) = refused(&life, on("pve9")).await;
    assert_eq!(field, "node");
    assert!(why.contains("pve9") && why.contains("pve1, pve2"), "{why}");
    let where_is = |world: &World| -> BTreeSet<String> {
        let running = world
            .guests_of("hello")
            .into_iter()
            .filter(|guest| matches!(guest.app, domain::guest::AppState::Running { .. }));
        running
            .map(|guest| guest.machine.unwrap().1.to_string())
            .collect()
    };
    let accepted = life.engine.deploy(on("pve2")).await.unwrap();
    life.engine
        .wait_for_release(&accepted.release)
        .await
        .unwrap();
    assert_eq!(where_is(&world), BTreeSet::from(["pve2".to_owned()]));
    assert_eq!(
        life.find("hello")
            .await
            .managed
            .unwrap()
            .node
            .unwrap()
            .as_str(),
        "pve2"
    );
    life.change("hello", REDEPLOY).await;
    assert!(where_is(&world).contains("pve2"), "kept");
    let accepted = life.engine.deploy(on("*")).await.unwrap();
    life.engine
        .wait_for_release(&accepted.release)
        .await
        .unwrap();
    assert_eq!(life.find("hello").await.managed.unwrap().node, None);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn the_sandbox_of_this_machine_has_no_nodes() {
    let (_world, _folder, life) = crate::lab::lab().await;
    let wish = NewDeploy {
        node: Some("pve1".parse().unwrap()),
        ..request("hello", URL)
    };
    let (field, why) = refused(&life, wish).await;
    assert_eq!(field, "node");
    assert!(why.contains("local"), "{why}");
    life.engine.shut_down().await;
}

#[tokio::test]
async fn a_disk_on_a_cluster_only_grows() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    let id = life.id("hello").await;
    let with = |disk| Resources {
        cores: 2,
        memory: 2048,
        disk,
    };
    let shrunk = life.engine.change(&id, Change::Resources(with(5))).await;
    assert!(
        matches!(&shrunk, Err(Refusal::BadInput { field: "resources", why }) if why.contains("cannot shrink")),
        "{shrunk:?}"
    );
    let smaller = NewDeploy {
        driver: DriverKind::Proxmox,
        resources: Some(with(5)),
        ..request("hello", URL)
    };
    assert_eq!(refused(&life, smaller).await.0, "resources");
    let release = life.change("hello", Change::Resources(with(20))).await;
    assert_eq!(release.status, ReleaseStatus::Serving);
    assert!(
        world
            .guests_of("hello")
            .iter()
            .any(|guest| guest.resources == with(20))
    );
    life.clean_up(&["hello"]).await;
}
