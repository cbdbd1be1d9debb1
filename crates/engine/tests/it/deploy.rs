//! The way of a deploy, and the ways it can fail by the app's fault.

use domain::ports::{Change, Releases};
use domain::{FailureKind, ReleaseStatus, Status, Step};
use futures_util::StreamExt;
use sim::{Asked, End, Op};

use crate::lab::{APP, Life, URL, lab, limits};

#[tokio::test]
async fn a_git_url_becomes_a_running_app() {
    let (world, _folder, life) = lab().await;
    let release = life.deploy("hello").await;
    assert_eq!(
        release.status,
        ReleaseStatus::Serving,
        "{:?}",
        release.failure
    );
    assert_eq!(life.status("hello").await, Status::Running);
    assert!(matches!(world.ask("hello"), Asked::App { status: 200, .. }));

    let steps: Vec<Step> = life
        .store
        .steps(&release.id)
        .await
        .unwrap()
        .iter()
        .map(|row| row.step)
        .collect();
    assert_eq!(steps, Step::ALL);
    let log = life.build_log(&release).await;
    let headers: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("----->"))
        .collect();
    assert_eq!(headers.first(), Some(&"-----> Deploying hello v1"));
    assert_eq!(
        headers.last(),
        Some(&"-----> hello v1 is live: http://hello.localhost:8080")
    );
    world
        .expect()
        .guest("hello", "running")
        .artifacts(1)
        .serving("hello")
        .check();
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn the_next_release_stands_beside_and_the_old_one_stays_warm() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    world.repo(URL).commit(&[("Procfile", "web: run again")]);
    let second = life
        .change(
            "hello",
            Change::Redeploy {
                git_ref: None,
                discard_data: false,
            },
        )
        .await;
    assert_eq!(second.version.0, 2);
    assert_eq!(
        life.releases("hello").await,
        [ReleaseStatus::Kept, ReleaseStatus::Serving]
    );
    world
        .until("one guest serves and one is frozen", |world| {
            world
                .expect()
                .guest("hello", "running")
                .guest("hello", "frozen")
                .artifacts(2)
                .serving("hello")
                .holds()
        })
        .await;
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_build_that_fails_tells_why_and_leaves_nothing() {
    let (world, _folder, life) = lab().await;
    world
        .app("hello")
        .build_fails(1, &["ModuleNotFoundError: No module named 'flask_cors'"]);
    let release = life.deploy("hello").await;
    let failure = release.failure.expect("a failure");
    assert_eq!(failure.kind, FailureKind::Build);
    assert!(failure.why.unwrap().contains("flask_cors"));
    assert_eq!(
        failure.log_tail,
        ["ModuleNotFoundError: No module named 'flask_cors'"]
    );
    assert_eq!(life.status("hello").await, Status::Failed);
    assert!(
        life.find("hello")
            .await
            .error_message
            .unwrap()
            .contains("exit code 1")
    );
    world.expect().page("hello", "failed").check();
    life.clean_up(&["hello"]).await;
}

#[rstest::rstest]
#[case::dies("dies", "does not stay up")]
#[case::elsewhere("elsewhere", "port 3000 instead")]
#[case::nowhere("nowhere", "listens nowhere")]
#[case::silent("silent", "does not answer")]
#[case::errors("errors", "answers 500")]
#[tokio::test]
async fn an_app_that_is_not_healthy_is_told_why(#[case] how: &str, #[case] words: &str) {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    let app = world.app("hello");
    match how {
        "dies" => app.dies(3),
        "elsewhere" => app.listens_on("0.0.0.0:3000".parse().unwrap()),
        "nowhere" => app.never_healthy(),
        "silent" => app.is_silent(),
        _ => app.answers(500, "oops"),
    };
    let second = life
        .change(
            "hello",
            Change::Redeploy {
                git_ref: None,
                discard_data: false,
            },
        )
        .await;
    let failure = second.failure.expect("a failure");
    assert_eq!(failure.kind, FailureKind::Unhealthy);
    assert!(failure.story().contains(words), "{}", failure.story());
    // The guest of the first release is the one that still has the route.
    assert_eq!(life.status("hello").await, Status::Running);
    world
        .until("only one guest is left", |world| {
            world.guests_of("hello").len() == 1
        })
        .await;
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_client_error_passes_with_a_warning() {
    let (world, _folder, life) = lab().await;
    world.app("hello").answers(400, "DisallowedHost at /");
    let release = life.deploy("hello").await;
    assert_eq!(release.status, ReleaseStatus::Serving);
    assert!(
        release
            .warnings
            .iter()
            .any(|warning| warning.contains("ALLOWED_HOSTS")),
        "{:?}",
        release.warnings
    );
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_failed_release_command_stops_the_deploy_before_the_start() {
    let (world, _folder, life) = lab().await;
    world
        .app("hello")
        .release_command_ends(End::Code(2), &["no such table"]);
    let release = life.deploy("hello").await;
    assert_eq!(release.failure.unwrap().kind, FailureKind::ReleaseCommand);
    assert_eq!(world.count(Op::Start), 0);
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn nothing_known_is_a_clear_not_yet() {
    let (world, _folder, life) = lab().await;
    world
        .repo("https://git.example/what")
        .commit(&[("notes.txt", "hm")]);
    let accepted = life.ask("what", "https://git.example/what").await.unwrap();
    let release = life
        .engine
        .wait_for_release(&accepted.release)
        .await
        .unwrap();
    let failure = release.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::NotDetected);
    assert!(failure.why.unwrap().starts_with("Looked for"));
    life.clean_up(&["what"]).await;
}

#[tokio::test]
async fn a_waiting_release_is_superseded_by_a_newer_one() {
    let (world, _folder, life) = lab().await;
    let gate = world.hold(Op::Fetch);
    let first = life.ask("hello", URL).await.unwrap();
    gate.reached().await;
    let second = life.ask("hello", URL).await.unwrap();
    let third = life.ask("hello", URL).await.unwrap();
    assert_eq!(third.superseded, [second.version]);
    gate.open();
    life.engine.wait_for_release(&third.release).await.unwrap();
    assert_eq!(
        life.releases("hello").await,
        [
            ReleaseStatus::Kept,
            ReleaseStatus::Superseded,
            ReleaseStatus::Serving
        ]
    );
    assert_eq!(
        life.store.release(&first.release).await.unwrap().status,
        ReleaseStatus::Kept
    );
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn twenty_names_at_once_do_not_disturb_each_other() {
    let (world, _folder, life) = lab().await;
    let names: Vec<String> = (0..20).map(|n| format!("app-{n}")).collect();
    let mut waiting = Vec::new();
    for name in &names {
        waiting.push(life.ask(name, URL).await.unwrap().release);
    }
    for release in waiting {
        let release = life.engine.wait_for_release(&release).await.unwrap();
        assert_eq!(
            release.status,
            ReleaseStatus::Serving,
            "{:?}",
            release.failure
        );
    }
    for name in &names {
        assert!(
            matches!(world.ask(name), Asked::App { status: 200, .. }),
            "{name}"
        );
    }
    life.clean_up(&names.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
}

#[rstest::rstest]
#[case(Op::Fetch)]
#[case(Op::Exec)]
#[case(Op::Seal)]
#[case(Op::Create)]
#[case(Op::Probe)]
#[tokio::test]
async fn a_deploy_can_be_cancelled_wherever_it_is(#[case] op: Op) {
    let (world, _folder, life) = lab().await;
    let gate = world.hold(op);
    let accepted = life.ask("hello", URL).await.unwrap();
    gate.reached().await;
    let cancelled = life.engine.cancel(&accepted.deployment).await.unwrap();
    assert_eq!(cancelled, [accepted.version]);
    let release = life
        .engine
        .wait_for_release(&accepted.release)
        .await
        .unwrap();
    assert_eq!(release.status, ReleaseStatus::Cancelled);
    assert_eq!(life.status("hello").await, Status::Failed);
    drop(gate);
    world
        .until("nothing is left", |world| world.guests().is_empty())
        .await;
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn who_asks_meanwhile_is_told_so_and_who_follows_sees_the_last_line() {
    let (world, _folder, life) = lab().await;
    let gate = world.hold(Op::Fetch);
    let accepted = life.ask("hello", URL).await.unwrap();
    gate.reached().await;
    assert!(matches!(world.ask("hello"), Asked::Page("deploying")));
    let log = life.engine.build_log(&accepted.release, 0, true).await;
    drop(gate);
    let lines: Vec<_> = log.unwrap().collect().await;
    let last = lines.last().map(|line| line.text.as_str());
    assert_eq!(
        last,
        Some("-----> hello v1 is live: http://hello.localhost:8080")
    );
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn only_the_last_releases_keep_their_artifacts() {
    let (world, _folder, life) = lab().await;
    life.deploy("hello").await;
    for round in 0..5 {
        let procfile = format!("web: run {round}");
        world
            .repo(URL)
            .commit(&[("Procfile", procfile.as_str()), APP[1]]);
        life.change(
            "hello",
            Change::Redeploy {
                git_ref: None,
                discard_data: false,
            },
        )
        .await;
        world.advance(limits().warm);
    }
    world
        .until("three artifacts are left", |world| {
            world.artifacts().len() == 3
        })
        .await;
    let id = life.id("hello").await;
    let noted = async {
        loop {
            let releases = life.store.releases(&id, 10).await.unwrap();
            let kept: Vec<bool> = releases
                .iter()
                .map(|release| release.artifact.is_some())
                .collect();
            if kept == [true, true, true, false, false, false] {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let noted = tokio::time::timeout(std::time::Duration::from_secs(10), noted).await;
    assert!(noted.is_ok(), "the releases do not say so");
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn values_of_the_environment_never_reach_the_build_log() {
    let (world, _folder, life) = lab().await;
    world
        .app("hello")
        .build_ends(End::Code(0), &["using s3cr3t-t0ken now"]);
    let mut request = crate::lab::request("hello", URL);
    request
        .env
        .set("TOKEN".parse().unwrap(), "s3cr3t-t0ken")
        .unwrap();
    let accepted = life.engine.deploy(request).await.unwrap();
    let release = life
        .engine
        .wait_for_release(&accepted.release)
        .await
        .unwrap();
    let log = life.build_log(&release).await;
    assert!(
        log.contains("using ******** now") && !log.contains("s3cr3t"),
        "{log}"
    );
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_second_engine_goes_on_where_the_first_shut_down() {
    let (world, folder, life) = lab().await;
    let gate = world.hold(Op::Seal);
    let accepted = life.ask("hello", URL).await.unwrap();
    gate.reached().await;
    life.engine.shut_down().await;
    life.store.close().await;
    drop(life);
    drop(gate);
    let life = Life::begin(&world, folder.path(), limits()).await;
    let release = life
        .engine
        .wait_for_release(&accepted.release)
        .await
        .unwrap();
    assert_eq!(
        release.status,
        ReleaseStatus::Serving,
        "{:?}",
        release.failure
    );
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_vm_is_recorded_and_told_that_the_sandbox_stands_in() {
    let (_world, _folder, life) = lab().await;
    let mut request = crate::lab::request("hello", URL);
    request.kind = Some(domain::DeploymentKind::Vm);
    let accepted = life.engine.deploy(request).await.unwrap();
    let release = life
        .engine
        .wait_for_release(&accepted.release)
        .await
        .unwrap();
    assert_eq!(
        life.find("hello").await.deployment_type.as_deref(),
        Some("vm")
    );
    assert!(
        release
            .warnings
            .iter()
            .any(|warning| warning.contains("stands in")),
        "{:?}",
        release.warnings
    );
    life.clean_up(&["hello"]).await;
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_not_the_platforms_fault() {
    let (world, _folder, life) = lab().await;
    world.fail(Op::Fetch, sim::Fault::Transient, 50);
    let failure = life.deploy("hello").await.failure.expect("a failure");
    assert_eq!(failure.kind, FailureKind::Source);
    assert!(
        failure.story().contains("could not be reached"),
        "{}",
        failure.story()
    );
    world.heal();
    life.clean_up(&["hello"]).await;
}
