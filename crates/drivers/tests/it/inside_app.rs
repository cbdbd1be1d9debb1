//! The app inside a guest of a cluster, against the real systemd: started, crashing, frozen, stopped, its log.

use std::time::Duration;

use domain::guest::*;
use domain::ports::{LogLine, LogQuery};
use futures_util::StreamExt;

use crate::bed::{BOUND, is_running, service};
use crate::lab_guest::{LabGuest, MEMORY, limits, machine, run};

in_the_lab!(
    a_crashing_app_is_started_again_until_its_bound,
    waits_between_crashes_grow,
    every_end_has_its_words,
    an_app_that_eats_memory_is_said_to,
    a_frozen_app_goes_on_where_it_was,
    an_app_that_ignores_the_signal_is_killed_after_its_grace,
    another_service_replaces_the_one_that_runs,
    everything_may_be_done_twice,
    the_app_is_shut_in,
    what_the_app_listens_on_is_told,
    the_log_holds_what_the_app_said,
    the_log_is_read_from_any_place,
    following_ends_with_the_guest,
    a_flood_is_read_without_loss,
    the_static_server_is_called_with_its_folder,
    an_app_comes_back_after_a_restart_of_its_guest,
);

async fn a_crashing_app_is_started_again_until_its_bound(guest: LabGuest) {
    assert_eq!(guest.app().await, AppState::Stopped);
    guest
        .start(&service("echo life; sleep 4600 & exit 7"))
        .await
        .unwrap();
    let down = guest
        .until(|app| matches!(app, AppState::Down { .. }))
        .await;
    assert_eq!(
        down,
        AppState::Down {
            last_exit: "it exited with code 7".into(),
            crash_loop: true
        }
    );
    let log = guest.log().await;
    assert_eq!(
        log.lines().filter(|line| *line == "life").count(),
        4,
        "{log}"
    );
    assert_eq!(guest.root("pgrep -f 'sleep 460[0]' | wc -l").await, "0\n");
    guest.start(&service("exec sleep 600")).await.unwrap();
    assert!(is_running(&guest.app().await), "it may be started again");
}

async fn waits_between_crashes_grow(guest: LabGuest) {
    let mut limits = limits();
    limits.crash.first = Duration::from_millis(200);
    limits.crash.longest = Duration::from_secs(60);
    let crashing = service("echo life; exit 1");
    guest.inside.start(&crashing, &limits).await.unwrap();
    let waiting = guest
        .until(|app| matches!(app, AppState::BackingOff { .. }))
        .await;
    let AppState::BackingOff { last_exit, .. } = waiting else {
        unreachable!()
    };
    assert_eq!(last_exit, "it exited with code 1");
    guest
        .until(|app| matches!(app, AppState::Down { .. }))
        .await;
    let lives = guest.lines(&LogQuery::default()).await;
    let lives: Vec<_> = lives.iter().filter(|line| line.text == "life").collect();
    let waits: Vec<i64> = lives
        .windows(2)
        .map(|pair| (pair[1].at - pair[0].at).num_milliseconds())
        .collect();
    let least = [200, 400, 800];
    assert!(
        waits.len() == 3 && waits.iter().zip(least).all(|(wait, least)| *wait >= least),
        "{waits:?}"
    );
}

async fn every_end_has_its_words(guest: LabGuest) {
    let ends = [
        ("exit 0", "it exited by itself, without an error"),
        ("kill -SEGV $$", "it was ended by SIGSEGV"),
        ("kill -TERM $$", "it was ended by SIGTERM"),
        (
            "exec no-such-program",
            "it could not be run (exit code 127: the command was not found)",
        ),
    ];
    for (line, words) in ends {
        guest.start(&service(line)).await.unwrap();
        let down = guest
            .until(|app| matches!(app, AppState::Down { .. }))
            .await;
        let last_exit = words.to_owned();
        assert_eq!(
            down,
            AppState::Down {
                last_exit,
                crash_loop: true
            },
            "{line}"
        );
        let log = guest.log().await;
        assert!(
            log.contains(&format!("[havre] The app ended: {words}.")),
            "{log}"
        );
    }
}

async fn an_app_that_eats_memory_is_said_to(guest: LabGuest) {
    let mut limits = limits();
    limits.memory = 256;
    let eat = service("exec perl -e '$x = q(x) x (400 << 20); sleep 600'");
    guest.inside.start(&eat, &limits).await.unwrap();
    guest
        .until(|app| matches!(app, AppState::Down { .. }))
        .await;
    let down = guest.inside.app_state(256).await.unwrap();
    let last_exit = "it used more than its 256 MB of memory".into();
    assert_eq!(
        down,
        AppState::Down {
            last_exit,
            crash_loop: true
        }
    );
}

async fn a_frozen_app_goes_on_where_it_was(guest: LabGuest) {
    let ticking = "trap '' TERM; while :; do echo x >>/app/ticks; sleep 0.02; done";
    guest.start(&service(ticking)).await.unwrap();
    guest.wait("test -s /app/ticks").await;
    let before = guest.app().await;
    assert!(guest.inside.freeze().await.unwrap());
    assert!(guest.inside.freeze().await.unwrap());
    assert_eq!(guest.app().await, AppState::Frozen);
    let count = || async { guest.root("wc -l </app/ticks").await };
    let frozen = count().await;
    guest.root("sleep 0.3").await;
    assert_eq!(count().await, frozen, "nothing is scheduled");
    guest.start(&service("another")).await.unwrap();
    assert_eq!(guest.app().await, before, "the same life");
    guest
        .wait(&format!("[ $(wc -l </app/ticks) -gt {} ]", frozen.trim()))
        .await;
    assert!(guest.inside.freeze().await.unwrap());
    guest.inside.stop(Duration::from_millis(200)).await.unwrap();
    assert_eq!(guest.app().await, AppState::Stopped);
    assert!(!guest.inside.freeze().await.unwrap(), "nothing runs");
}

async fn an_app_that_ignores_the_signal_is_killed_after_its_grace(guest: LabGuest) {
    let deaf = service("trap '' TERM; echo up; while :; do sleep 4700; done");
    guest.start(&deaf).await.unwrap();
    guest.wait("pgrep -f 'sleep 470[0]'").await;
    guest.inside.stop(Duration::from_millis(100)).await.unwrap();
    assert_eq!(guest.app().await, AppState::Stopped);
    assert_eq!(guest.root("pgrep -f 'sleep 470[0]' | wc -l").await, "0\n");
    let polite = service("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
    guest.start(&polite).await.unwrap();
    while !guest.log().await.contains("ready") {}
    guest.inside.stop(BOUND).await.unwrap();
    let log = guest.log().await;
    assert!(log.contains("bye"), "{log}");
    assert!(log.ends_with("[havre] The app was stopped."), "{log}");
}

async fn another_service_replaces_the_one_that_runs(guest: LabGuest) {
    guest.start(&service("exec sleep 4800")).await.unwrap();
    guest.start(&service("exec sleep 4900")).await.unwrap();
    guest.wait("pgrep -f 'sleep 490[0]'").await;
    assert_eq!(guest.root("pgrep -f 'sleep 480[0]' | wc -l").await, "0\n");
}

async fn everything_may_be_done_twice(guest: LabGuest) {
    let one = service("exec sleep 600");
    guest.start(&one).await.unwrap();
    let first = guest.app().await;
    let pid = guest
        .root("systemctl show --property=MainPID havre-app")
        .await;
    guest.start(&one).await.unwrap();
    assert_eq!(guest.app().await, first, "it runs already");
    assert_eq!(
        guest
            .root("systemctl show --property=MainPID havre-app")
            .await,
        pid
    );
    for _ in 0..2 {
        guest.inside.stop(BOUND).await.unwrap();
        assert_eq!(guest.app().await, AppState::Stopped);
    }
    guest.start(&one).await.unwrap();
    assert!(is_running(&guest.app().await));
}

/// Root is not to be had, and nothing but the app's folder and scratch space can be written.
async fn the_app_is_shut_in(guest: LabGuest) {
    let line = "id -un; for key in NoNewPrivs CapEff CapBnd; do grep ^$key: /proc/self/status | tr -d '\\t'; done; \
        for to in /app /tmp /etc /usr /opt/havre /var/lib/havre; do touch $to/x 2>/dev/null && echo wrote $to; done; \
        ls -d $HOME; echo $TMPDIR; cat /etc/shadow >/dev/null 2>&1 || echo closed; exec sleep 600";
    guest.start(&service(line)).await.unwrap();
    let expected = "app\nNoNewPrivs:1\nCapEff:0000000000000000\nCapBnd:0000000000000000\nwrote /app\nwrote /tmp\n/tmp/home\n/tmp\nclosed";
    let started = std::time::Instant::now();
    loop {
        let log = guest.log().await;
        if log.contains("closed") {
            assert!(log.contains(expected), "{log}");
            break;
        }
        assert!(started.elapsed() < BOUND, "{log}");
    }
    assert_eq!(
        guest.root("ls /tmp/x 2>/dev/null").await,
        "",
        "its own /tmp"
    );
}

async fn what_the_app_listens_on_is_told(guest: LabGuest) {
    assert!(
        guest.inside.listening().await.unwrap().sockets.is_empty(),
        "sshd is not the app"
    );
    let listen = "exec perl -MSocket -e 'socket(S,PF_INET,SOCK_STREAM,0);setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1);bind(S,sockaddr_in($ENV{PORT},INADDR_LOOPBACK));listen(S,1);sleep 600'";
    guest.start(&service(listen)).await.unwrap();
    let started = std::time::Instant::now();
    loop {
        let sockets = guest.inside.listening().await.unwrap().sockets;
        if sockets == ["127.0.0.1:8000".parse().unwrap()] {
            return;
        }
        assert!(started.elapsed() < BOUND, "{sockets:?}");
    }
}

async fn the_log_holds_what_the_app_said(guest: LabGuest) {
    let said = r#"printf 'one\n'; echo two >&2; printf 'é \033[31mred\033[0m \033[2J\001 \377\n'; printf '10%%\r100%%\n'; \
        head -c 100000 /dev/zero | tr '\0' x; echo; echo; echo last; exec sleep 600"#;
    guest.start(&service(said)).await.unwrap();
    let started = std::time::Instant::now();
    let log = loop {
        let log = guest.log().await;
        if log.contains("last") {
            break log;
        }
        assert!(started.elapsed() < BOUND, "{log}");
    };
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0], "[havre] The app starts.");
    assert_eq!(
        &lines[1..4],
        ["one", "two", "é \u{1b}[31mred\u{1b}[0m  \u{fffd}"]
    );
    assert_eq!(lines[4], "100%");
    assert!(
        lines[5].len() == 16 * 1024 && lines[5].ends_with("longer than 16 KiB]"),
        "{}",
        lines[5].len()
    );
    // The journal takes no empty lines.
    assert_eq!(&lines[6..], ["last"]);
    guest.inside.stop(BOUND).await.unwrap();
    let after = guest.log().await;
    assert!(after.starts_with(&log), "it outlives the app: {after}");
}

async fn the_log_is_read_from_any_place(guest: LabGuest) {
    guest
        .start(&service(
            "for i in $(seq 1 300); do echo $i; done; exec sleep 600",
        ))
        .await
        .unwrap();
    let started = std::time::Instant::now();
    while !guest.log().await.ends_with("300") {
        assert!(started.elapsed() < BOUND);
    }
    let all = guest.lines(&LogQuery::default()).await;
    assert_eq!(all.len(), 301);
    let last = |last| LogQuery {
        last: Some(last),
        ..LogQuery::default()
    };
    assert_eq!(texts(&guest.lines(&last(3)).await), ["298", "299", "300"]);
    assert!(guest.lines(&last(0)).await.is_empty());
    let after = LogQuery {
        after: Some(all[100].cursor.clone()),
        ..LogQuery::default()
    };
    assert_eq!(guest.lines(&after).await, all[101..]);
    let both = LogQuery {
        last: Some(2),
        ..after
    };
    assert_eq!(texts(&guest.lines(&both).await), ["299", "300"]);
    let since = LogQuery {
        since: Some(all[200].at),
        ..LogQuery::default()
    };
    let later = guest.lines(&since).await;
    assert!(
        later.iter().all(|line| line.at >= all[200].at) && later.last() == all.last(),
        "{later:?}"
    );
    for cursor in ["", "x", "--help", "s=; rm -rf /"] {
        let strange = LogQuery {
            after: Some(cursor.into()),
            ..LogQuery::default()
        };
        assert_eq!(guest.lines(&strange).await.len(), 301, "cursor {cursor:?}");
    }
}

async fn following_ends_with_the_guest(guest: LabGuest) {
    guest
        .start(&service(
            "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.05; done",
        ))
        .await
        .unwrap();
    let query = LogQuery {
        follow: true,
        ..LogQuery::default()
    };
    let mut lines = guest.inside.logs(&query, MEMORY);
    let mut seen = 0;
    while let Ok(Some(line)) = tokio::time::timeout(BOUND, lines.next()).await {
        seen += 1;
        if line.text == "tick 20" {
            break;
        }
    }
    assert!(seen >= 20, "{seen}");
    drop(lines);
    guest.wait("! pgrep journalctl").await;
    let mut lines = guest.inside.logs(&query, MEMORY);
    assert!(lines.next().await.is_some());
    let client = crate::lab_guest::cluster();
    let task = machine().stop(true).await.unwrap();
    client.finish(&task, BOUND).await.unwrap();
    let rest = tokio::time::timeout(Duration::from_secs(60), async {
        while lines.next().await.is_some() {}
    })
    .await;
    let task = machine().start().await.unwrap();
    client.finish(&task, BOUND).await.unwrap();
    guest.until_ready().await;
    assert!(rest.is_ok(), "it goes on after its guest");
}

async fn a_flood_is_read_without_loss(guest: LabGuest) {
    guest
        .start(&service("seq 1 10000; echo over; exec sleep 600"))
        .await
        .unwrap();
    let query = LogQuery {
        follow: true,
        last: Some(1_000_000),
        ..LogQuery::default()
    };
    let mut lines = guest.inside.logs(&query, MEMORY);
    let mut next = 1;
    loop {
        let line = tokio::time::timeout(BOUND, lines.next())
            .await
            .unwrap()
            .unwrap();
        match line.text.as_str() {
            "over" => break,
            text if text.starts_with('[') => {}
            text => {
                assert_eq!(text, next.to_string());
                next += 1;
            }
        }
    }
    assert_eq!(next, 10_001);
}

async fn the_static_server_is_called_with_its_folder(guest: LabGuest) {
    // This binary has no static server: what it is told is seen in how it ends.
    let start = ServiceStart::Static {
        dir: "public".into(),
        spa: true,
    };
    let site = Service {
        start,
        ..service("")
    };
    let mut limits = limits();
    let exe = guest.data.path().join("exe");
    std::fs::write(&exe, "#!/bin/sh\necho \"called: $*\"\nexit 3\n").unwrap();
    limits.exe = exe;
    for _ in 0..2 {
        guest.inside.start(&site, &limits).await.unwrap();
        guest
            .until(|app| {
                matches!(
                    app,
                    AppState::Down {
                        crash_loop: true,
                        ..
                    }
                )
            })
            .await;
    }
    let log = guest.log().await;
    assert!(
        log.contains("called: __static --dir /app/public --spa"),
        "{log}"
    );
    assert_eq!(
        guest.root("ls /opt/havre/bin | wc -l").await,
        "1\n",
        "uploaded once"
    );
    guest.root("rm -rf /opt/havre/bin/*").await;
}

async fn an_app_comes_back_after_a_restart_of_its_guest(guest: LabGuest) {
    guest.start(&service("exec sleep 600")).await.unwrap();
    let before = guest.inside.boot().await.unwrap();
    assert_eq!(guest.inside.boot().await.unwrap().id, before.id);
    let client = crate::lab_guest::cluster();
    let restart = || async {
        let task = machine().reboot(Duration::from_secs(30)).await.unwrap();
        client.finish(&task, Duration::from_secs(60)).await.unwrap();
        guest.until_ready().await;
    };
    restart().await;
    let after = guest.inside.boot().await.unwrap();
    assert_ne!(after.id, before.id);
    assert!(after.uptime < Duration::from_secs(120), "{after:?}");
    guest.until(is_running).await;
    guest.inside.stop(BOUND).await.unwrap();
    restart().await;
    assert_eq!(
        guest.app().await,
        AppState::Stopped,
        "what was stopped stays down"
    );
    assert_eq!(guest.sh("true").await.ok(), "");
}

fn texts(lines: &[LogLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}
