//! Changes that make a release without building: rollback, environment, resources. And stop, start, restart, destroy.

use domain::job::Work;
use domain::ports::Change;
use domain::release::Version;
use domain::{FailureKind, ReleaseStatus, Resources, Status};
use sim::{Asked, Op};

use crate::lab::{APP, URL, lab, limits, until_warm};

fn set(name: &str, value: &str) -> Change {
    Change::Env(vec![(name.parse().unwrap(), Some(value.to_owned().into()))])
}

fn redeploy() -> Change {
    Change::Redeploy {
        git_ref: None,
        discard_data: false,
    }
}

fn rollback() -> Change {
    Change::Rollback {
        to: None,
        discard_data: false,
    }
}

#[tokio::test]
async fn a_rollback_takes_the_warm_guest_and_runs_no_build_and_no_release_command() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    let Asked::App { guest: first, .. } = world.ask("hello") else {
        panic!("not served")
    };
    world
        .repo(URL)
        .commit(&[("Procfile", "web: run two"), APP[1]]);
    life.change("hello", redeploy()).await;
    until_warm(&world, 2).await;
    let (execs, creates) = (world.count(Op::Exec), world.count(Op::Create));

    let back = life.change("hello", rollback()).await;
    assert_eq!(
        (back.version, back.status),
        (Version(3), ReleaseStatus::Serving)
    );
    assert_eq!(
        (world.count(Op::Exec), world.count(Op::Create)),
        (execs, creates)
    );
    assert!(matches!(world.ask("hello"), Asked::App { guest, .. } if guest == first));
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_rollback_without_a_warm_guest_makes_one_from_the_artifact() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    world
        .repo(URL)
        .commit(&[("Procfile", "web: run two"), APP[1]]);
    life.change("hello", redeploy()).await;
    until_warm(&world, 2).await;
    world.advance(limits().warm);
    world
        .until("the old guest is gone", |w| w.guests_of("hello").len() == 1)
        .await;
    let seals = world.count(Op::Seal);
    let back = life
        .change(
            "hello",
            Change::Rollback {
                to: Some(Version(1)),
                discard_data: false,
            },
        )
        .await;
    assert_eq!(back.status, ReleaseStatus::Serving, "{:?}", back.failure);
    assert_eq!(world.count(Op::Seal), seals);
    assert_eq!(back.artifact, life.release("hello", 1).await.artifact);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_rollback_that_is_not_healthy_leaves_the_warm_guest_warm() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    world
        .repo(URL)
        .commit(&[("Procfile", "web: run two"), APP[1]]);
    life.change("hello", redeploy()).await;
    until_warm(&world, 2).await;
    world.app("hello").answers(500, "oops");
    let back = life.change("hello", rollback()).await;
    assert_eq!(back.status, ReleaseStatus::Failed);
    world.app("hello").as_committed();
    until_warm(&world, 2).await;
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn an_environment_change_makes_a_release_from_the_same_artifact() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    let seals = world.count(Op::Seal);
    let second = life.change("hello", set("GREETING", "hello there")).await;
    assert_eq!(
        second.status,
        ReleaseStatus::Serving,
        "{:?}",
        second.failure
    );
    assert_eq!(second.artifact, life.release("hello", 1).await.artifact);
    assert_eq!(world.count(Op::Seal), seals);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_resource_change_makes_a_guest_of_the_new_size() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    let larger = Resources {
        cores: 2,
        memory: 2048,
        disk: 20,
    };
    let second = life.change("hello", Change::Resources(larger)).await;
    assert_eq!(
        (second.status, second.resources),
        (ReleaseStatus::Serving, larger)
    );
    let execs = world.count(Op::Exec);
    assert_eq!(execs, 2, "one build and one release command, both of v1");
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn files_that_the_app_wrote_are_not_lost_silently() {
    let (world, _folder, life) = lab().await;
    world
        .app("hello")
        .writes_files(&["db.sqlite3", "uploads/a.png"]);
    life.deploy("hello").await;
    let second = life.change("hello", redeploy()).await;
    let failure = second.failure.expect("refused");
    assert_eq!(failure.kind, FailureKind::WouldLoseData);
    assert!(
        failure.story().contains("[persist]") && failure.story().contains("--discard-data"),
        "{}",
        failure.story()
    );
    assert!(matches!(world.ask("hello"), Asked::App { status: 200, .. }));

    let third = life
        .change(
            "hello",
            Change::Redeploy {
                git_ref: None,
                discard_data: true,
            },
        )
        .await;
    assert_eq!(third.status, ReleaseStatus::Serving, "{:?}", third.failure);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn stop_start_and_restart() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    life.work("hello", Work::Stop).await;
    assert_eq!(life.status("hello").await, Status::Stopped);
    world
        .expect()
        .guest("hello", "stopped")
        .artifacts(1)
        .page("hello", "stopped")
        .check();
    life.work("hello", Work::Start).await;
    assert_eq!(life.status("hello").await, Status::Running);
    life.work("hello", Work::Restart).await;
    world
        .expect()
        .guest("hello", "running")
        .artifacts(1)
        .serving("hello")
        .check();
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_change_while_stopped_takes_effect_at_the_next_start() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    life.work("hello", Work::Stop).await;
    let second = life.change("hello", set("GREETING", "hello there")).await;
    assert_eq!(second.status, ReleaseStatus::Serving);
    assert_eq!(life.status("hello").await, Status::Stopped);
    world
        .expect()
        .guest("hello", "stopped")
        .artifacts(1)
        .page("hello", "stopped")
        .check();
    life.work("hello", Work::Start).await;
    assert_eq!(life.status("hello").await, Status::Running);
    world
        .until("only the new guest is left", |w| {
            w.expect()
                .guest("hello", "running")
                .artifacts(1)
                .serving("hello")
                .holds()
        })
        .await;
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_redeploy_starts_what_was_stopped() {
    let (_world, _folder, life) = lab().await;
    life.deploy("hello").await;
    life.work("hello", Work::Stop).await;
    let second = life.change("hello", redeploy()).await;
    assert_eq!(
        second.status,
        ReleaseStatus::Serving,
        "{:?}",
        second.failure
    );
    assert_eq!(life.status("hello").await, Status::Running);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn destroy_in_the_middle_of_a_deploy_leaves_nothing() {
    let (world, _folder, life) = lab().await;
    let gate = world.hold(Op::Exec);
    life.ask("hello", URL).await.unwrap();
    gate.reached().await;
    life.work("hello", Work::Destroy).await;
    drop(gate);
    assert_eq!(life.releases("hello").await, [ReleaseStatus::Cancelled]);
    world.expect().check();
    life.engine.shut_down().await;
}

#[tokio::test]
async fn only_the_release_before_stays_warm() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    for round in 0..4 {
        life.change("hello", set("ROUND", &round.to_string())).await;
    }
    until_warm(&world, 1).await;
    life.clean_up(&["hello"]).await;
}
