//! Tasks: waited for until they end, and what their end means.

use std::time::{Duration, Instant};

use pve::{Kind, TaskEnd, Upid};

use crate::fake::{Came, Fake, Reply, answer, data, refusal};

const BOUND: Duration = Duration::from_secs(10);

fn upid() -> Upid {
    "UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:havre@pve!deploy:"
        .parse()
        .unwrap()
}

fn running() -> Reply {
    data(r#"{"status":"running","pid":107187,"upid":"x"}"#)
}

fn stopped(exit: &str) -> Reply {
    data(&format!(r#"{{"status":"stopped","exitstatus":{exit:?}}}"#))
}

fn is_log(came: &Came) -> bool {
    came.target.contains("/log?")
}

/// A task that has ended so, with these lines in its log.
async fn ended(exit: &'static str, log: &'static [&'static str]) -> (Fake, TaskEnd) {
    let rows: Vec<String> = log
        .iter()
        .enumerate()
        .map(|(at, line)| format!("{{\"n\":{},\"t\":{line:?}}}", at + 1))
        .collect();
    let rows = format!("[{}]", rows.join(","));
    let fake = Fake::start(move |came, _| {
        if is_log(came) {
            data(&rows)
        } else {
            stopped(exit)
        }
    })
    .await;
    let end = fake.client().task(&upid(), BOUND).await.unwrap();
    (fake, end)
}

#[tokio::test]
async fn a_task_is_asked_for_until_it_ends() {
    let fake = Fake::start(|_, before| if before < 2 { running() } else { stopped("OK") }).await;
    let client = fake.client();
    assert!(client.finish(&upid(), BOUND).await.unwrap().is_empty());
    assert_eq!(fake.came().len(), 3);
    assert!(fake.lines()[0].starts_with("GET /nodes/pve1/tasks/UPID%3Apve1%3A"));
    assert_eq!((client.sent().all, client.sent().polls), (3, 3));
}

#[tokio::test]
async fn warnings_are_success_and_shown() {
    let (_, end) = ended(
        "WARNINGS: 1",
        &[
            "start",
            "WARN: Systemd 254 detected. You may need to enable nesting.",
            "TASK WARNINGS: 1",
        ],
    )
    .await;
    let TaskEnd::Warned { count, lines } = end else {
        panic!("{end:?}")
    };
    assert_eq!((count, lines.len()), (1, 2));
}

#[tokio::test]
async fn a_failed_task_has_its_log_and_its_kind() {
    let log = &[
        "create full clone",
        "TASK ERROR: clone failed: can't lock file '/var/lock/pve-manager/pve-storage-local' - got timeout",
    ];
    let (_, end) = ended(
        "clone failed: can't lock file '/var/lock/pve-manager/pve-storage-local' - got timeout",
        log,
    )
    .await;
    let error = end.done().unwrap_err();
    assert_eq!((error.kind(), error.log().len()), (&Kind::Transient, 2));
    // In a task the lock may be the second one, so it is not known that nothing was done.
    assert!(!error.nothing_done());
    assert!(error.to_string().contains("TASK UPID:pve1:"), "{error}");
}

#[tokio::test]
async fn a_task_that_does_not_say_how_it_ended_is_ambiguous() {
    for exit in [
        "unexpected status",
        "unable to get last line from task log: x",
        "",
    ] {
        let fake = Fake::start(move |came, _| {
            if is_log(came) {
                data("[]")
            } else {
                stopped(exit)
            }
        })
        .await;
        let end = fake.client().task(&upid(), BOUND).await.unwrap();
        assert!(
            matches!(&end, TaskEnd::Lost(error) if error.is_ambiguous()),
            "{end:?}"
        );
    }
}

#[tokio::test]
async fn a_task_that_is_not_listed_yet_is_asked_for_again() {
    let fake = Fake::start(|_, before| {
        if before == 0 {
            refusal(400, "no such task")
        } else {
            stopped("OK")
        }
    })
    .await;
    fake.client().finish(&upid(), BOUND).await.unwrap();
    assert_eq!(fake.came().len(), 2);
}

#[tokio::test]
async fn a_task_that_runs_past_the_bound_is_told_as_such() {
    let fake = Fake::start(|_, _| running()).await;
    let end = fake.client().task(&upid(), Duration::ZERO).await.unwrap();
    assert!(
        matches!(&end, TaskEnd::Running(error) if error.is_ambiguous()),
        "{end:?}"
    );
    assert_eq!(fake.came().len(), 1);
}

#[tokio::test]
async fn a_node_that_is_away_for_a_while_does_not_lose_the_task() {
    let fake = Fake::start(|_, before| {
        if before < 4 {
            refusal(595, "No route to host")
        } else {
            stopped("OK")
        }
    })
    .await;
    fake.client().finish(&upid(), BOUND).await.unwrap();
    assert_eq!(fake.came().len(), 5);
}

#[tokio::test]
async fn credentials_that_are_withdrawn_end_the_wait_at_once() {
    let begun = Instant::now();
    let fake = Fake::start(|_, _| refusal(401, "")).await;
    let error = fake.client().task(&upid(), BOUND).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Credentials);
    assert!(begun.elapsed() < BOUND / 2 && fake.came().len() == 1);
}

#[tokio::test]
async fn only_the_end_of_a_long_log_is_kept() {
    let fake = Fake::start(|came, _| {
        let start: u64 = came
            .target
            .split("start=")
            .nth(1)
            .and_then(|rest| rest.split('&').next())
            .map_or(0, |n| n.parse().unwrap());
        let lines: Vec<String> = (start + 1..=(start + 500).min(1200))
            .map(|n| format!("{{\"n\":{n},\"t\":\"line {n}\"}}"))
            .collect();
        data(&format!("[{}]", lines.join(",")))
    })
    .await;
    let log = fake.client().task_log(&upid()).await.unwrap();
    assert_eq!((log.len(), log.last().unwrap().as_str()), (20, "line 1200"));
    assert_eq!(fake.came().len(), 3);
}

#[tokio::test]
async fn an_endless_log_ends() {
    let page: Vec<String> = (0..500)
        .map(|_| "{\"n\":1,\"t\":\"again\"}".to_owned())
        .collect();
    let page = format!("[{}]", page.join(","));
    let fake = Fake::start(move |_, _| data(&page)).await;
    assert_eq!(fake.client().task_log(&upid()).await.unwrap().len(), 20);
    assert!(fake.came().len() <= 20);
}

#[tokio::test]
async fn a_log_that_cannot_be_read_does_not_hide_the_failure() {
    let fake = Fake::start(|came, _| {
        if is_log(came) {
            Reply::Bytes(answer(403, "Permission check failed", ""))
        } else {
            stopped("no space left on device")
        }
    })
    .await;
    let error = fake.client().finish(&upid(), BOUND).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Capacity);
    assert!(error.log()[0].contains("could not be read"));
}

#[tokio::test]
async fn whether_a_task_runs_and_its_end() {
    let fake = Fake::start(|came, before| match (came.method.as_str(), before) {
        ("DELETE", _) => data("null"),
        (_, 0) => running(),
        (_, 1) => stopped("OK"),
        _ => refusal(400, "no such task"),
    })
    .await;
    let client = fake.client();
    assert_eq!(client.task_runs(&upid()).await.unwrap(), Some(true));
    assert_eq!(client.task_runs(&upid()).await.unwrap(), Some(false));
    assert_eq!(client.task_runs(&upid()).await.unwrap(), None);
    client.abort_task(&upid()).await.unwrap();
    assert!(
        fake.lines()
            .last()
            .unwrap()
            .starts_with("DELETE /nodes/pve1/tasks/UPID")
    );
}
