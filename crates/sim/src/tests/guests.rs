//! Guests, artifacts and what apps do.

use std::time::Duration;

use domain::guest::{AppState, BaseWish, ExecEnd, Observation, Role};
use domain::plan::{Runtime, RuntimeNeed, VersionWish};
use domain::ports::{DriverError, LogQuery, ProbeError};
use futures_util::StreamExt;

use super::support::{build, command, probe_of, route, serve, service, silent, spec};
use crate::{AppScript, Dies, End, Fault, Op, World};

#[tokio::test]
async fn a_guest_lives_from_source_to_destroy_and_leaves_nothing() {
    let (world, id) = (World::new(), spec(1, Role::Serve, None).id);
    let plug = world.plug();
    let artifact = build(&plug, &[("app.py", "1")]).await;
    assert_eq!(
        build(&plug, &[("app.py", "1")]).await,
        artifact,
        "the same content gives the same artifact"
    );
    assert_eq!(serve(&plug, 1, &artifact).await, id);
    assert_eq!(world.guests()[0].env["WHO"], "v1");
    assert_eq!(
        world.artifact_file(&artifact, "app.py").as_deref(),
        Some("1")
    );
    world
        .expect()
        .guest("hello", "running")
        .artifacts(1)
        .check();

    plug.driver.stop(&id, Duration::from_secs(1)).await.unwrap();
    world
        .expect()
        .guest("hello", "stopped")
        .artifacts(1)
        .check();
    plug.driver.destroy(&id).await.unwrap();
    plug.driver.destroy(&id).await.unwrap();
    assert_eq!(plug.driver.observe(&id).await, Observation::Absent);
    assert!(
        world
            .inventory()
            .iter()
            .any(|line| line.starts_with("cache of"))
    );
    plug.driver
        .forget(&spec(1, Role::Serve, None).deployment)
        .await
        .unwrap();
    assert!(world.inventory().is_empty());
}

#[tokio::test]
async fn making_twice_makes_once_and_the_address_stays() {
    let world = World::new();
    let plug = world.plug();
    let artifact = build(&plug, &[("a", "")]).await;
    let id = serve(&plug, 1, &artifact).await;
    let before = plug.driver.address(&id).await.unwrap();
    serve(&plug, 1, &artifact).await;
    assert_eq!(plug.driver.address(&id).await.unwrap(), before);
    let other = serve(&plug, 2, &artifact).await;
    assert_ne!(plug.driver.address(&other).await.unwrap(), before);
    world.leave_ok();
}

#[tokio::test]
async fn an_ambiguous_create_is_resolved_by_looking() {
    for happened in [true, false] {
        let world = World::new();
        let plug = world.plug();
        world.fail(Op::Create, Fault::Ambiguous { happened }, 1);
        let spec = spec(1, Role::Build, None);
        assert!(matches!(
            plug.driver.create(&spec).await,
            Err(DriverError::Ambiguous(_))
        ));
        assert_eq!(
            matches!(plug.driver.observe(&spec.id).await, Observation::Present(_)),
            happened
        );
        world.fail(Op::Observe, Fault::Transient, 1);
        assert!(matches!(
            plug.driver.observe(&spec.id).await,
            Observation::Unknown(_)
        ));
        plug.driver.destroy(&spec.id).await.unwrap();
    }
}

#[tokio::test]
async fn the_nth_call_fails_and_no_other() {
    let world = World::new();
    let plug = world.plug();
    world.fail_nth(Op::List, 2, Fault::Other);
    let mut good = Vec::new();
    for _ in 0..3 {
        good.push(plug.driver.list().await.is_ok());
    }
    assert_eq!(good, [true, false, true]);
}

#[tokio::test]
async fn apps_become_healthy_answer_and_die_as_told() {
    let world = World::new();
    let plug = world.plug();
    let artifact = build(&plug, &[("a", "")]).await;
    world.app("hello").healthy_after(2);
    let id = serve(&plug, 1, &artifact).await;
    let request = probe_of(&plug, &id).await;
    assert_eq!(plug.probe.probe(&request).await, Err(ProbeError::Refused));
    assert_eq!(plug.probe.probe(&request).await, Err(ProbeError::Refused));
    assert_eq!(plug.probe.probe(&request).await.unwrap().status, 200);
    world.app("hello").answers(404, "no");
    assert_eq!(plug.probe.probe(&request).await.unwrap().status, 404);
    world
        .app("hello")
        .listens_on("127.0.0.1:5000".parse().unwrap());
    assert_eq!(plug.probe.probe(&request).await, Err(ProbeError::Refused));
    assert_eq!(
        plug.driver.listening(&id).await.unwrap().sockets,
        ["127.0.0.1:5000".parse().unwrap()]
    );
    world
        .app("hello")
        .is_silent()
        .script(|script| script.listens = None);
    assert_eq!(plug.probe.probe(&request).await, Err(ProbeError::TimedOut));

    world.app("hello").dies(3);
    plug.driver.stop(&id, Duration::ZERO).await.unwrap();
    plug.driver.start(&id, &service("v1")).await.unwrap();
    let mut last = None;
    for _ in 0..8 {
        last = Some(plug.driver.observe(&id).await);
    }
    let Some(Observation::Present(seen)) = last else {
        panic!("{last:?}")
    };
    assert_eq!(
        seen.app,
        AppState::Down {
            last_exit: "exit code 3".into(),
            crash_loop: true
        }
    );
    world.leave_ok();
}

#[tokio::test]
async fn a_commit_says_how_its_app_behaves_unless_the_label_does() {
    let world = World::new();
    let plug = world.plug();
    let script = AppScript {
        dies: Dies::AtStart(1),
        ..AppScript::default()
    };
    let artifact = build(
        &plug,
        &[("sim.json", &serde_json::to_string(&script).unwrap())],
    )
    .await;
    serve(&plug, 1, &artifact).await;
    world
        .expect()
        .guest("hello", "backing off")
        .artifacts(1)
        .check();
    world.app("hello").healthy_after(0);
    serve(&plug, 2, &artifact).await;
    world
        .expect()
        .guest("hello", "backing off")
        .guest("hello", "running")
        .artifacts(1)
        .check();
    world.leave_ok();
}

#[tokio::test]
async fn commands_end_as_told_and_a_hanging_one_runs_into_its_bound() {
    let world = World::with_time(crate::TimeMode::Auto(Duration::from_secs(3600)));
    let plug = world.plug();
    let spec = spec(1, Role::Build, None);
    plug.driver.create(&spec).await.unwrap();
    world.app("hello").build_fails(2, &["one", "two"]);
    let lines = std::sync::Mutex::new(Vec::new());
    let sink = |line: domain::ports::OutLine| lines.lock().unwrap().push(line.text);
    let end = plug
        .driver
        .exec(&spec.id, &command("install"), &sink)
        .await
        .unwrap();
    assert_eq!(
        (end, lines.into_inner().unwrap()),
        (ExecEnd::Code(2), vec!["one".to_owned(), "two".to_owned()])
    );

    world.app("hello").build_ends(End::Hangs, &[]);
    let before = plug.clock.now();
    assert_eq!(
        plug.driver
            .exec(&spec.id, &command("install"), &silent)
            .await
            .unwrap(),
        ExecEnd::TimedOut
    );
    assert_eq!(plug.clock.now() - before, chrono::TimeDelta::seconds(600));
    world.leave_ok();
}

#[tokio::test]
async fn baked_values_end_in_the_artifact_and_written_files_are_told() {
    let world = World::new();
    let plug = world.plug();
    world
        .app("hello")
        .bakes(&["VITE_A"])
        .writes_files(&["db.sqlite3", "data/kept"]);
    let artifact = build(&plug, &[]).await;
    assert_eq!(
        world.artifact_file(&artifact, "baked/VITE_A").as_deref(),
        Some("1")
    );
    let id = serve(&plug, 1, &artifact).await;
    assert_eq!(plug.driver.written(&id).await.unwrap(), ["db.sqlite3"]);
    assert!(
        world
            .inventory()
            .iter()
            .any(|line| line.starts_with("persisted"))
    );
    world.leave_ok();
}

#[tokio::test]
async fn runtimes_can_be_missing_or_of_another_version() {
    let world = World::new();
    let plug = world.plug();
    let wish = |need: RuntimeNeed, any_version| BaseWish {
        kind: domain::DeploymentKind::Lxc,
        node: None,
        needs: vec![need],
        any_version,
    };
    let need = |wish: Option<&str>| {
        let version = wish.map(|wish| VersionWish {
            wish: wish.into(),
            file: ".python-version".into(),
        });
        RuntimeNeed {
            runtime: Runtime::Python,
            version,
            optional: None,
        }
    };
    assert_eq!(
        plug.driver
            .prepare_base(&wish(need(Some("3.11")), false), &|_| {})
            .await
            .unwrap()
            .versions,
        ["python 3.11.7"]
    );
    assert!(matches!(
        plug.driver
            .prepare_base(&wish(need(Some("3.1")), false), &|_| {})
            .await,
        Err(DriverError::Toolchain { .. })
    ));
    assert_eq!(
        plug.driver
            .prepare_base(&wish(need(Some("3.9")), true), &|_| {})
            .await
            .unwrap()
            .warnings
            .len(),
        1
    );
    world.runtime(Runtime::Python, None);
    assert!(matches!(
        plug.driver
            .prepare_base(&wish(need(None), true), &|_| {})
            .await,
        Err(DriverError::Toolchain { .. })
    ));
}

#[tokio::test]
async fn logs_are_read_and_followed() {
    let world = World::new();
    let plug = world.plug();
    let artifact = build(&plug, &[]).await;
    let id = serve(&plug, 1, &artifact).await;
    world.app("hello").prints("one").prints("two");
    let query = LogQuery {
        last: Some(1),
        follow: true,
        ..LogQuery::default()
    };
    let mut follow = plug.driver.logs(&id, &query).await.unwrap();
    let first = follow.next().await.unwrap();
    assert_eq!(first.text, "two");
    world.app("hello").prints("three");
    assert_eq!(follow.next().await.unwrap().text, "three");
    let after = LogQuery {
        after: Some(first.cursor),
        ..LogQuery::default()
    };
    let rest: Vec<_> = plug
        .driver
        .logs(&id, &after)
        .await
        .unwrap()
        .map(|line| line.text)
        .collect()
        .await;
    assert_eq!(rest, ["three"]);
    plug.driver.destroy(&id).await.unwrap();
    assert!(
        follow.next().await.is_none(),
        "following ends with the guest"
    );
    world.leave_ok();
}

#[tokio::test]
async fn a_reboot_leaves_apps_down_and_the_table_standing() {
    let world = World::new();
    let plug = world.plug();
    let artifact = build(&plug, &[]).await;
    let id = serve(&plug, 1, &artifact).await;
    route(&plug, &id).await;
    world.reboot();
    world
        .expect()
        .guest("hello", "down")
        .artifacts(1)
        .serving("hello")
        .check();
    world
        .plug()
        .driver
        .start(&id, &service("v1"))
        .await
        .unwrap();
    world
        .expect()
        .guest("hello", "running")
        .artifacts(1)
        .serving("hello")
        .check();
    world.leave_ok();
}

#[tokio::test]
#[should_panic(expected = "left on the machine")]
async fn what_is_left_fails_the_test() {
    let world = World::new();
    world
        .plug()
        .driver
        .create(&spec(1, Role::Build, None))
        .await
        .unwrap();
}
