//! What every driver owes the engine.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::guest::*;
use domain::ports::{Driver, DriverError};

use crate::bed::{BOUND, Bed, command, deployment, is_running, own, running, service, web};
use crate::cases::Case;

in_every_case!(
    a_build_becomes_an_artifact_and_an_app_that_answers,
    everything_may_be_done_twice,
    what_is_not_there_is_gone,
    commands_end_as_they_end,
    a_command_gets_its_arguments_and_environment_as_text,
    a_command_that_takes_too_long_is_ended_with_all_it_started,
    dropping_the_call_ends_the_command,
    the_same_tag_again_ends_the_first,
    put_replaces_and_keeps_links,
    sealing_the_same_content_gives_the_same_artifact,
    a_crashing_app_is_started_again_until_its_bound,
    a_frozen_app_goes_on_where_it_was,
    an_app_that_ignores_the_signal_is_killed_after_its_grace,
    another_service_replaces_the_one_that_runs,
    kept_folders_outlive_guests,
    what_the_app_wrote_is_told,
    the_log_holds_what_the_app_said,
    the_static_server_is_called_with_its_folder,
    the_report_says_the_tier,
    without_an_overlay_the_artifact_is_copied,
    two_things_in_one_guest_are_refused,
);

async fn a_build_becomes_an_artifact_and_an_app_that_answers(case: Case) {
    let bed = Bed::new(case);
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("source.txt"), "source").unwrap();
    let build = bed.build().await;
    bed.driver.put(&build.id, tree.path()).await.unwrap();
    bed.sh(&build.id, "mkdir sub && cp source.txt sub/built.txt")
        .await
        .ok();
    let built = bed
        .local()
        .join("guests")
        .join(build.id.as_str())
        .join("app/sub/built.txt");
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(built).unwrap());
    let own = nix::unistd::geteuid().as_raw();
    assert_eq!(
        owner,
        if case == Case::User {
            own
        } else {
            200_000 + build.slot
        },
        "a uid per deployment"
    );
    let sealed = bed.driver.seal(&build.id).await.unwrap();
    bed.driver.destroy(&build.id).await.unwrap();
    assert!(sealed.bytes > 0);
    let serve = bed.spec(Role::Serve, Some(sealed.id));
    bed.driver.create(&serve).await.unwrap();
    assert_eq!(bed.app(&serve.id).await, AppState::Stopped);
    bed.driver.start(&serve.id, &web()).await.unwrap();
    assert!(is_running(&bed.app(&serve.id).await));
    assert!(
        bed.get(&serve.id, "/sub/built.txt")
            .await
            .ends_with("source")
    );
    let listening = bed.driver.listening(&serve.id).await.unwrap();
    assert_eq!(listening.sockets, ["127.0.0.1:8000".parse().unwrap()]);
    bed.driver.stop(&serve.id, BOUND).await.unwrap();
    assert_eq!(bed.app(&serve.id).await, AppState::Stopped);
    bed.driver.start(&serve.id, &web()).await.unwrap();
    assert!(bed.get(&serve.id, "/source.txt").await.ends_with("source"));
    bed.driver.destroy(&serve.id).await.unwrap();
    assert_eq!(bed.driver.observe(&serve.id).await, Observation::Absent);
}

async fn everything_may_be_done_twice(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("a", "b")]).await;
    bed.driver.create(&serve).await.unwrap();
    let service = service("exec sleep 600");
    bed.driver.start(&serve.id, &service).await.unwrap();
    let first = bed.state(&serve.id);
    bed.driver.start(&serve.id, &service).await.unwrap();
    assert_eq!(bed.state(&serve.id), first, "it runs already");
    for _ in 0..2 {
        bed.driver.stop(&serve.id, BOUND).await.unwrap();
    }
    let seen = bed.driver.list().await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0].id, seen[0].role), (&serve.id, Role::Serve));
    for _ in 0..2 {
        bed.driver.destroy(&serve.id).await.unwrap();
        bed.driver
            .drop_artifact(&serve.deployment, serve.artifact.as_ref().unwrap())
            .await
            .unwrap();
        bed.driver.forget(&serve.deployment).await.unwrap();
        bed.driver.sweep().await.unwrap();
    }
    assert!(bed.driver.list().await.unwrap().is_empty());
}

async fn what_is_not_there_is_gone(case: Case) {
    let bed = Bed::new(case);
    let id = bed.spec(Role::Serve, None).id;
    assert_eq!(bed.driver.observe(&id).await, Observation::Absent);
    let gone = |result: Result<(), DriverError>| {
        assert!(matches!(result, Err(DriverError::Gone(_))), "{result:?}")
    };
    gone(bed.driver.start(&id, &web()).await);
    gone(bed.driver.stop(&id, BOUND).await);
    gone(bed.driver.address(&id).await.map(drop));
    gone(bed.driver.seal(&id).await.map(drop));
    gone(bed.sh(&id, "true").await.end.map(drop));
    bed.driver.destroy(&id).await.unwrap();
    // A folder that cannot be looked at is not an absent guest.
    std::fs::rename(bed.local().join("guests"), bed.local().join("away")).unwrap();
    assert!(matches!(
        bed.driver.observe(&id).await,
        Observation::Unknown(_)
    ));
}

async fn commands_end_as_they_end(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let said = bed
        .sh(&build.id, "echo out; echo err >&2; printf half; exit 3")
        .await;
    assert_eq!(said.end.unwrap(), ExecEnd::Code(3));
    assert_eq!(said.lines, ["out", "err", "half"]);
    let said = bed.sh(&build.id, "kill -9 $$").await;
    assert_eq!(said.end.unwrap(), ExecEnd::Signal(9));
    let mut missing = command("");
    missing.argv = vec!["no-such-program".into()];
    let said = bed.exec(&build.id, &missing).await;
    assert_eq!(said.end.as_ref().unwrap(), &ExecEnd::Code(127));
    assert!(said.text().contains("no-such-program"), "{said:?}");
}

async fn a_command_gets_its_arguments_and_environment_as_text(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let nasty = "a b'c\"d $(touch /app/hit) `id` ; \\ *\nnext\t é";
    let exec = Exec {
        argv: [
            "/bin/sh",
            "-c",
            r#"printf '%s|%s|%s' "$1" "$VALUE" "$PWD""#,
            "sh",
            nasty,
        ]
        .map(str::to_owned)
        .to_vec(),
        env: BTreeMap::from([("VALUE".into(), nasty.into())]),
        ..command("")
    };
    let text = bed.exec(&build.id, &exec).await.ok();
    // Tabs and line ends survive as the log shows them.
    assert_eq!(text, format!("{nasty}|{nasty}|/app"));
    let env = bed.sh(&build.id, "env").await.ok();
    assert!(
        env.contains("HOME=/tmp/home") && env.contains("PATH=/app/.venv/bin:"),
        "{env}"
    );
    assert!(
        !env.contains("CARGO"),
        "nothing of the server's environment: {env}"
    );
}

async fn a_command_that_takes_too_long_is_ended_with_all_it_started(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let exec = Exec {
        timeout: Duration::from_millis(500),
        ..command(&own(
            "trap '' TERM; (setsid sleep NAP43 &) ; echo up; while :; do sleep 1; done",
        ))
    };
    let said = bed.exec(&build.id, &exec).await;
    assert_eq!(said.end.unwrap(), ExecEnd::TimedOut);
    assert_eq!(said.lines, ["up"]);
    assert_eq!(running("NAP43"), 0);
}

async fn dropping_the_call_ends_the_command(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let exec = command(&own("echo up; exec sleep NAP44"));
    let (sender, up) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let sink = |_| {
        if let Some(sender) = sender.lock().unwrap().take() {
            let _: Result<(), ()> = sender.send(());
        }
    };
    tokio::select! {
        end = bed.driver.exec(&build.id, &exec, &sink) => panic!("it ended: {end:?}"),
        up = up => up.unwrap(),
    }
    wait_for(|| running("NAP44") == 0).await;
    bed.sh(&build.id, "true").await.ok();
}

async fn wait_for(what: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !what() {
        assert!(started.elapsed() < BOUND, "waited in vain");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn the_same_tag_again_ends_the_first(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let (driver, id) = (bed.driver.clone(), build.id.clone());
    let endless = command(&own("echo > /app/up; exec sleep NAP45"));
    let first = tokio::spawn(async move { driver.exec(&id, &endless, &|_| {}).await });
    let flag = bed
        .local()
        .join("guests")
        .join(build.id.as_str())
        .join("app/up");
    wait_for(|| flag.exists()).await;
    let later = bed.reopened();
    let end = later
        .exec(&build.id, &command("true"), &|_| {})
        .await
        .unwrap();
    assert_eq!(end, ExecEnd::Code(0));
    assert!(
        first.await.unwrap().is_err(),
        "the first one did not end by itself"
    );
    assert_eq!(running("NAP45"), 0);
}

async fn put_replaces_and_keeps_links(case: Case) {
    let bed = Bed::new(case);
    let build = bed.build().await;
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("with space"), "x").unwrap();
    std::os::unix::fs::symlink("with space", tree.path().join("link")).unwrap();
    bed.sh(&build.id, "echo left > left").await.ok();
    bed.driver.put(&build.id, tree.path()).await.unwrap();
    let text = bed
        .sh(
            &build.id,
            "ls; readlink link; cat link; echo >> 'with space'",
        )
        .await
        .ok();
    assert_eq!(text, "link\nwith space\nwith space\nx");
}

async fn sealing_the_same_content_gives_the_same_artifact(case: Case) {
    let bed = Bed::new(case);
    let one = bed.artifact(&[("a", "1"), ("b/c", "2")]).await;
    assert_eq!(one, bed.artifact(&[("a", "1"), ("b/c", "2")]).await);
    assert_ne!(one, bed.artifact(&[("a", "1"), ("b/c", "3")]).await);
    let build = bed.build().await;
    let first = bed.driver.seal(&build.id).await.unwrap();
    assert_eq!(
        first,
        bed.driver.seal(&build.id).await.unwrap(),
        "a call that is made again"
    );
}

async fn a_crashing_app_is_started_again_until_its_bound(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(&serve.id, &service(&own("echo life; sleep NAP46 & exit 7")))
        .await
        .unwrap();
    let down = bed
        .until(&serve.id, |app| matches!(app, AppState::Down { .. }))
        .await;
    assert_eq!(
        down,
        AppState::Down {
            last_exit: "it exited with code 7".into(),
            crash_loop: true
        }
    );
    let log = bed.log(&serve.id).await;
    assert_eq!(
        log.lines().filter(|line| *line == "life").count(),
        4,
        "{log}"
    );
    wait_for(|| running("NAP46") == 0).await;
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    assert!(
        is_running(&bed.app(&serve.id).await),
        "it may be started again"
    );
}

async fn a_frozen_app_goes_on_where_it_was(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("f", "warm")]).await;
    bed.driver.start(&serve.id, &web()).await.unwrap();
    bed.get(&serve.id, "/f").await;
    let before = bed.app(&serve.id).await;
    assert!(bed.driver.freeze(&serve.id).await.unwrap());
    assert!(bed.driver.freeze(&serve.id).await.unwrap());
    assert_eq!(bed.app(&serve.id).await, AppState::Frozen);
    bed.driver
        .start(&serve.id, &service("another"))
        .await
        .unwrap();
    assert_eq!(bed.app(&serve.id).await, before, "the same life");
    assert!(bed.get(&serve.id, "/f").await.ends_with("warm"));
    assert!(bed.driver.freeze(&serve.id).await.unwrap());
    bed.driver.stop(&serve.id, BOUND).await.unwrap();
    assert_eq!(bed.app(&serve.id).await, AppState::Stopped);
    assert!(!bed.driver.freeze(&serve.id).await.unwrap(), "nothing runs");
}

async fn an_app_that_ignores_the_signal_is_killed_after_its_grace(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    let deaf = service(&own("trap '' TERM; echo up; while :; do sleep NAP47; done"));
    bed.driver.start(&serve.id, &deaf).await.unwrap();
    wait_for(|| running("NAP47") == 1).await;
    bed.driver
        .stop(&serve.id, Duration::from_millis(100))
        .await
        .unwrap();
    assert_eq!(bed.app(&serve.id).await, AppState::Stopped);
    assert_eq!(running("NAP47"), 0);
    let polite = service("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
    bed.driver.start(&serve.id, &polite).await.unwrap();
    let started = std::time::Instant::now();
    while !bed.log(&serve.id).await.contains("ready") {
        assert!(started.elapsed() < BOUND);
    }
    bed.driver.stop(&serve.id, BOUND).await.unwrap();
    let log = bed.log(&serve.id).await;
    assert!(log.contains("bye"), "{log}");
}

async fn another_service_replaces_the_one_that_runs(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(&serve.id, &service(&own("exec sleep NAP48")))
        .await
        .unwrap();
    bed.driver
        .start(&serve.id, &service(&own("exec sleep NAP49")))
        .await
        .unwrap();
    wait_for(|| running("NAP49") == 1).await;
    assert_eq!(running("NAP48"), 0);
}

async fn kept_folders_outlive_guests(case: Case) {
    let bed = Bed::new(case);
    let artifact = bed.artifact(&[("data/seed", "s"), ("x", "y")]).await;
    let guest = || GuestSpec {
        persist: vec!["data".into(), "var/up loads".into()],
        ..bed.spec(Role::Serve, Some(artifact.clone()))
    };
    let first = guest();
    bed.driver.create(&first).await.unwrap();
    bed.sh(
        &first.id,
        "cat data/seed; echo 1 > data/db; echo 2 > 'var/up loads/f'; echo 3 > lost",
    )
    .await
    .ok();
    assert_eq!(bed.driver.written(&first.id).await.unwrap(), ["lost"]);
    bed.driver.destroy(&first.id).await.unwrap();
    let second = guest();
    bed.driver.create(&second).await.unwrap();
    let text = bed
        .sh(
            &second.id,
            "cat data/seed data/db 'var/up loads/f'; test ! -e lost",
        )
        .await
        .ok();
    assert_eq!(text, "s1\n2");
    bed.driver.forget(&deployment(1)).await.unwrap();
    for bad in ["../x", "/etc", "."] {
        let spec = GuestSpec {
            persist: vec![bad.into()],
            ..bed.spec(Role::Serve, Some(bed.artifact(&[]).await))
        };
        assert!(bed.driver.create(&spec).await.is_err(), "{bad}");
    }
}

async fn what_the_app_wrote_is_told(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("a.py", "x = 1"), ("old", "1")]).await;
    assert!(bed.driver.written(&serve.id).await.unwrap().is_empty());
    bed.sh(
        &serve.id,
        "mkdir -p __pycache__ sub && echo > __pycache__/a.pyc && echo > app.pid",
    )
    .await
    .ok();
    assert!(bed.driver.written(&serve.id).await.unwrap().is_empty());
    bed.sh(&serve.id, "echo 2 > old && echo > sub/db.sqlite3")
        .await
        .ok();
    let mut written = bed.driver.written(&serve.id).await.unwrap();
    written.sort();
    assert_eq!(written, ["old", "sub/db.sqlite3"]);
    bed.sh(&serve.id, "for i in $(seq 100); do echo > f$i; done")
        .await
        .ok();
    assert_eq!(bed.driver.written(&serve.id).await.unwrap().len(), 20);
}

async fn the_log_holds_what_the_app_said(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(
            &serve.id,
            &service("echo one; echo two >&2; exec sleep 600"),
        )
        .await
        .unwrap();
    let started = std::time::Instant::now();
    loop {
        let log = bed.log(&serve.id).await;
        if log.contains("one\ntwo") {
            break;
        }
        assert!(started.elapsed() < BOUND, "{log}");
    }
    bed.driver.stop(&serve.id, BOUND).await.unwrap();
    assert!(
        bed.log(&serve.id).await.contains("one\ntwo"),
        "it outlives the app"
    );
}

async fn the_static_server_is_called_with_its_folder(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[("public/index.html", "x")]).await;
    // This binary has no static server: what it is told is seen in how it ends.
    let service = Service {
        start: ServiceStart::Static {
            dir: "public".into(),
            spa: true,
        },
        ..web()
    };
    bed.driver.start(&serve.id, &service).await.unwrap();
    let down = bed
        .until(&serve.id, |app| matches!(app, AppState::Down { .. }))
        .await;
    assert!(
        matches!(
            down,
            AppState::Down {
                crash_loop: true,
                ..
            }
        ),
        "{down:?}"
    );
    let log = bed.log(&serve.id).await;
    assert!(log.contains("__static --dir /app/public --spa"), "{log}");
}

async fn the_report_says_the_tier(case: Case) {
    let bed = Bed::new(case);
    let report = bed.driver.report().await.unwrap();
    println!("{case:?}: {report:#?}");
    let tier = match case {
        Case::RootL1 => "L1",
        Case::RootL2 => "L2",
        Case::User => report.tier.as_str(),
    };
    assert_eq!(report.tier, tier);
    assert!(report.meaning.starts_with(tier));
    assert_eq!(report.enforced.len(), 4);
    bed.driver.has_room().await.unwrap();
    let full = Bed::with(case, |config| {
        config.floor.bytes = u64::MAX;
        config.floor.percent = 100;
    });
    assert!(matches!(
        full.driver.has_room().await,
        Err(DriverError::Capacity { .. })
    ));
}

async fn without_an_overlay_the_artifact_is_copied(case: Case) {
    let bed = Bed::with(case, |config| config.overlay = false);
    let artifact = bed.artifact(&[("f", "first"), ("data/x", "kept")]).await;
    let guest = || bed.spec(Role::Serve, Some(artifact.clone()));
    let (one, two) = (guest(), guest());
    bed.driver.create(&one).await.unwrap();
    bed.driver.create(&two).await.unwrap();
    assert!(
        bed.driver
            .report()
            .await
            .unwrap()
            .warnings
            .iter()
            .any(|line| line.contains("overlay"))
    );
    assert!(bed.driver.written(&one.id).await.unwrap().is_empty());
    bed.sh(&one.id, "echo changed > f; echo new > data/y")
        .await
        .ok();
    let mut written = bed.driver.written(&one.id).await.unwrap();
    written.sort();
    assert_eq!(written, ["data/y", "f"]);
    assert_eq!(bed.sh(&two.id, "cat f").await.ok(), "first");
}

async fn two_things_in_one_guest_are_refused(case: Case) {
    let bed = Bed::new(case);
    let serve = bed.serve(&[]).await;
    bed.driver
        .start(&serve.id, &service("exec sleep 600"))
        .await
        .unwrap();
    let said = bed.sh(&serve.id, "true").await;
    let error = said.end.unwrap_err();
    let DriverError::Other { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(source.to_string().contains("in use"), "{source}");
    assert!(is_running(&bed.app(&serve.id).await));
}
