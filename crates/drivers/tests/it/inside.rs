//! What the Proxmox driver owes the engine inside a guest: the same as the local one, against the real systemd.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::guest::*;
use domain::ports::DriverError;

use crate::bed::{BOUND, command, is_running, own, service};
use crate::lab_guest::{LabGuest, run};

in_the_lab!(
    commands_end_as_they_end,
    a_command_gets_its_arguments_and_environment_as_text,
    any_value_arrives_as_it_is,
    a_command_that_takes_too_long_is_ended_with_all_it_started,
    dropping_the_call_ends_the_command,
    dropping_it_at_any_moment_leaves_nothing,
    the_same_tag_again_ends_the_first,
    two_things_in_one_guest_are_refused,
    nothing_shows_a_secret,
    a_cut_connection_ends_the_command,
    a_command_that_eats_memory_is_ended,
);

async fn commands_end_as_they_end(guest: LabGuest) {
    let said = guest
        .sh("echo out; echo err >&2; echo named >/dev/stderr; printf half; exit 3")
        .await;
    assert_eq!(said.end.unwrap(), ExecEnd::Code(3));
    assert_eq!(said.lines, ["out", "err", "named", "half"]);
    for signal in [1, 2, 9, 15] {
        let said = guest.sh(&format!("kill -{signal} $$")).await;
        assert_eq!(said.end.unwrap(), ExecEnd::Signal(signal));
    }
    let mut missing = command("");
    missing.argv = vec!["no-such-program".into()];
    let said = guest.exec(&missing).await;
    assert_eq!(said.end.as_ref().unwrap(), &ExecEnd::Code(127));
    assert!(said.text().contains("no-such-program"), "{said:?}");
    let said = guest.sh("ulimit -c; id -un; pwd; umask; cat").await;
    assert_eq!(said.ok(), "0\napp\n/app\n0022");
    let mut nowhere = command("true");
    nowhere.dir = "not/there".into();
    assert_eq!(guest.exec(&nowhere).await.end.unwrap(), ExecEnd::Code(127));
    nowhere.dir = "../etc".into();
    assert!(guest.exec(&nowhere).await.end.is_err());
}

async fn a_command_gets_its_arguments_and_environment_as_text(guest: LabGuest) {
    let nasty = "a b'c\"d $(touch /app/hit) `id` $HOME ${HOME} %n ; \\ *\nnext\t é";
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
    let text = guest.exec(&exec).await.ok();
    assert_eq!(text, format!("{nasty}|{nasty}|/app"));
    let env = guest.sh("env; ls -d $HOME").await.ok();
    assert!(
        env.contains("HOME=/tmp/home") && env.contains("PATH=/app/.venv/bin:"),
        "{env}"
    );
    assert!(
        !env.contains("INVOCATION_ID"),
        "nothing of systemd's own: {env}"
    );
}

/// Many values at once: one process says in hex what it was given.
async fn any_value_arrives_as_it_is(guest: LabGuest) {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    let value = proptest::collection::vec(proptest::prelude::any::<char>(), 0..40);
    let value =
        value.prop_map(|chars| chars.into_iter().filter(|c| *c != '\0').collect::<String>());
    let mut runner = TestRunner::deterministic();
    let fixed = [
        "",
        "\n",
        "\r\n",
        "\\",
        "\"",
        "'",
        "$",
        "$$",
        "%n",
        "\u{1b}[0m",
        "=",
        " x ",
        "\\\n",
        "é\u{81}",
        "#",
        "end",
    ];
    let mut values: Vec<String> = fixed.map(str::to_owned).to_vec();
    values.extend((0..300).map(|_| value.new_tree(&mut runner).unwrap().current()));
    let env: BTreeMap<String, String> = (0..)
        .map(|n| format!("V{n:04}"))
        .zip(values.clone())
        .collect();
    let show = r#"print join("\n", map({ unpack("H*", $_) } @ARGV), map({ "$_=" . unpack("H*", $ENV{$_}) } sort grep { /^V/ } keys %ENV)), "\n""#;
    let mut argv = vec!["perl".to_owned(), "-e".into(), show.into(), "--".into()];
    argv.extend(values.clone());
    let said = guest
        .exec(&Exec {
            argv,
            env: env.clone(),
            ..command("")
        })
        .await
        .ok();
    let mut expected: Vec<String> = values.iter().map(hex::encode).collect();
    expected.extend(
        env.iter()
            .map(|(name, value)| format!("{name}={}", hex::encode(value))),
    );
    let said: Vec<&str> = said.split('\n').collect();
    assert_eq!(said, expected);
}

async fn a_command_that_takes_too_long_is_ended_with_all_it_started(guest: LabGuest) {
    let exec = Exec {
        timeout: Duration::from_millis(500),
        ..command(&own(
            "trap '' TERM; (setsid sleep NAP43 &) ; echo up; while :; do sleep 1; done",
        ))
    };
    let said = guest.exec(&exec).await;
    assert_eq!(said.end.unwrap(), ExecEnd::TimedOut);
    assert_eq!(said.lines, ["up"]);
    assert_eq!(
        guest.root(&own("pgrep -f 'sleep NA[P]43' | wc -l")).await,
        "0\n"
    );
    let silent = Exec {
        timeout: Duration::from_millis(300),
        ..command("exec 1>&- 2>&-; trap '' TERM HUP INT; while :; do sleep 600; done")
    };
    assert_eq!(guest.exec(&silent).await.end.unwrap(), ExecEnd::TimedOut);
    let left = Exec {
        ..command("sleep 600 & echo over")
    };
    assert_eq!(guest.exec(&left).await.ok(), "over");
}

async fn dropping_the_call_ends_the_command(guest: LabGuest) {
    let exec = command("echo up; exec sleep 4400");
    let (sender, up) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let sink = |_| {
        if let Some(sender) = sender.lock().unwrap().take() {
            let _: Result<(), ()> = sender.send(());
        }
    };
    let limits = drivers::proxmox::inside::StepLimits { memory: 512 };
    tokio::select! {
        end = guest.inside.exec(&exec, limits, None, &sink) => panic!("it ended: {end:?}"),
        up = up => up.unwrap(),
    }
    guest.wait("! pgrep -f 'sleep 440[0]'").await;
    guest.sh("true").await.ok();
}

/// However early: the command must not start after its caller is gone.
async fn dropping_it_at_any_moment_leaves_nothing(guest: LabGuest) {
    guest.sh("true").await.ok();
    let limits = drivers::proxmox::inside::StepLimits { memory: 512 };
    for millis in [0, 1, 5, 20, 40, 60, 80, 100, 130, 160, 200, 250] {
        let exec = Exec {
            tag: format!("drop-{millis}"),
            ..command("exec sleep 4401")
        };
        let gone = Duration::from_millis(millis);
        let ended =
            tokio::time::timeout(gone, guest.inside.exec(&exec, limits, None, &|_| {})).await;
        assert!(ended.is_err(), "{ended:?}");
    }
    guest.wait("[ -z \"$(ls /run/havre/*.turn 2>/dev/null)\" ] && ! pgrep -f havre-en[d] && ! pgrep -f 'sleep 440[1]' && ! pgrep systemd-run").await;
    guest.sh("true").await.ok();
}

async fn the_same_tag_again_ends_the_first(guest: LabGuest) {
    let inside = guest.inside.clone();
    let limits = drivers::proxmox::inside::StepLimits { memory: 512 };
    let endless = command("echo > /app/up; exec sleep 4500");
    let first = tokio::spawn(async move { inside.exec(&endless, limits, None, &|_| {}).await });
    guest.wait("test -e /app/up").await;
    assert_eq!(guest.sh("true").await.end.unwrap(), ExecEnd::Code(0));
    let first = first.await.unwrap();
    assert!(
        matches!(first, Err(DriverError::Transient(_))),
        "it did not end by itself: {first:?}"
    );
    assert_eq!(guest.root("pgrep -f 'sleep 450[0]' | wc -l").await, "0\n");
}

async fn two_things_in_one_guest_are_refused(guest: LabGuest) {
    guest.start(&service("exec sleep 600")).await.unwrap();
    let said = guest.sh("true").await;
    let DriverError::Other { source, .. } = said.end.unwrap_err() else {
        panic!("another error")
    };
    assert!(source.to_string().contains("in use"), "{source}");
    assert!(is_running(&guest.app().await));
    guest.inside.stop(BOUND).await.unwrap();
    guest.sh("true").await.ok();
}

async fn nothing_shows_a_secret(guest: LabGuest) {
    let secret = "s3cr3t-of-the-app";
    let mut with_secret = service("exec sleep 600");
    with_secret.env.insert("KEY".into(), secret.into());
    guest.start(&with_secret).await.unwrap();
    let look = "systemctl show havre-app; systemctl cat havre-app; ps axww -o args; cat /var/lib/havre/* /run/havre/* 2>/dev/null; journalctl --no-pager -a";
    let seen = guest.root(look).await;
    assert!(
        seen.contains("havre-app") && !seen.contains(secret),
        "{seen}"
    );
    let seen = guest.root("setpriv --reuid=nobody --clear-groups cat /etc/havre/app.launch 2>&1; stat -c '%a %U' /etc/havre/app.launch").await;
    assert!(
        seen.contains("denied") && seen.contains("400 app"),
        "{seen}"
    );
    guest.inside.stop(BOUND).await.unwrap();
    let mut step = command(&format!("{look}; echo done"));
    step.env.insert("KEY".into(), secret.into());
    let seen = guest.exec(&step).await;
    assert!(!seen.text().contains(secret), "{seen:?}");
}

/// Whoever started it is told, and the next one finds nothing of it.
async fn a_cut_connection_ends_the_command(guest: LabGuest) {
    let inside = guest.inside.clone();
    let limits = drivers::proxmox::inside::StepLimits { memory: 512 };
    let long = command("echo > /app/up; exec sleep 4510");
    let first = tokio::spawn(async move { inside.exec(&long, limits, None, &|_| {}).await });
    guest.wait("test -e /app/up").await;
    let cut =
        "pkill -KILL -o -f '[s]shd: root@notty'; pkill -KILL -o -f '[s]shd-session: root@notty'";
    use drivers::proxmox::inside::Shell;
    let _cut_as_well = guest.shell.run(&["/bin/sh", "-c", cut], b"", BOUND).await;
    let first = tokio::time::timeout(BOUND, first).await.unwrap().unwrap();
    assert!(matches!(first, Err(DriverError::Transient(_))), "{first:?}");
    guest.wait("! pgrep -f 'sleep 451[0]'").await;
    guest.sh("true").await.ok();
}

async fn a_command_that_eats_memory_is_ended(guest: LabGuest) {
    let limits = drivers::proxmox::inside::StepLimits { memory: 128 };
    let eat = command("exec perl -e '$x = q(x) x (400 << 20); print length $x'");
    let end = guest.inside.exec(&eat, limits, None, &|_| {}).await;
    assert_eq!(end.unwrap(), ExecEnd::OutOfMemory);
    guest.sh("true").await.ok();
}
