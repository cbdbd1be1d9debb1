//! Answers of a server that is broken, old or wicked.

use pve::{Error, GuestKind, Kind, Vmid};

use crate::fake::{Fake, Reply, SECRET, answer, data, refusal};

async fn nodes(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Error {
    let fake = Fake::start(move |_, _| reply()).await;
    fake.client().nodes().await.unwrap_err()
}

#[tokio::test]
async fn an_answer_has_a_bound() {
    let error = nodes(|| data(&format!("\"{}\"", "x".repeat(1 << 20)))).await;
    assert!(
        *error.kind() == Kind::BadAnswer && error.to_string().contains("262144"),
        "{error}"
    );
    // Told or not: this one names no length.
    let error = nodes(|| {
        let mut bytes = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        bytes.resize(1 << 20, b' ');
        Reply::Cut(bytes)
    })
    .await;
    assert_eq!(error.kind(), &Kind::BadAnswer);
}

#[tokio::test]
async fn a_refusal_with_a_huge_body_is_still_that_refusal() {
    let error = nodes(|| {
        Reply::Bytes(answer(
            403,
            "Permission check failed (/, Sys.Audit)",
            &" ".repeat(1 << 20),
        ))
    })
    .await;
    assert_eq!(
        error.kind(),
        &Kind::MissingPrivilege {
            path: "/".to_owned(),
            privileges: vec!["Sys.Audit".to_owned()]
        }
    );
}

#[tokio::test]
async fn what_is_no_answer_of_proxmox_is_told() {
    for body in [
        "<html>Welcome</html>",
        "",
        "7",
        "[]",
        &"[".repeat(100_000),
        "{\"data\":{\"a\":1}}",
        "{\"data\":[{}]}",
        "{\"data\":[7]}",
    ] {
        let body = body.to_owned();
        let error = nodes(move || Reply::Bytes(answer(200, "OK", &body))).await;
        assert_eq!(error.kind(), &Kind::BadAnswer, "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Fake::start(|_, _| data("[]")).await;
    let to = other.url.clone();
    let error = nodes(move || {
        Reply::Bytes(
            format!(
                "HTTP/1.1 301 Moved\r\nLocation: {to}/api2/json/nodes\r\nContent-Length: 0\r\n\r\n"
            )
            .into_bytes(),
        )
    })
    .await;
    assert_eq!(
        (error.kind(), error.status()),
        (&Kind::BadAnswer, Some(301))
    );
    assert!(other.came().is_empty());
}

#[tokio::test]
async fn the_words_are_found_in_the_phrase_or_in_the_body() {
    let newer = r#"{"data":null,"message":"CT is locked (disk)\nand more\n"}"#;
    for (phrase, body, reason) in [
        (
            "CT is locked (disk)",
            r#"{"data":null}"#,
            "CT is locked (disk)",
        ),
        ("CT is locked (disk)", newer, "CT is locked (disk) and more"),
        (
            "Internal Server Error",
            newer,
            "CT is locked (disk) and more",
        ),
        ("", newer, "CT is locked (disk) and more"),
    ] {
        let error = nodes(move || Reply::Bytes(answer(500, phrase, body))).await;
        assert_eq!(error.reason(), reason, "{phrase:?}");
        assert!(error.to_string().contains("(disk)"));
    }
}

#[tokio::test]
async fn a_parameter_that_is_not_taken_is_named() {
    let body = r#"{"errors":{"hostname":"value does not look like a valid DNS name","memory":"too small"},"message":"Parameter verification failed.\n","data":null}"#;
    let error =
        nodes(move || Reply::Bytes(answer(400, "Parameter verification failed.", body))).await;
    assert_eq!(
        (error.kind(), error.errors().len()),
        (&Kind::BadParameters, 2)
    );
    assert!(
        error
            .to_string()
            .contains("hostname: value does not look like a valid DNS name; memory: too small"),
        "{error}"
    );
}

#[tokio::test]
async fn an_empty_401_has_a_sentence() {
    let error = nodes(|| Reply::Bytes(answer(401, "", ""))).await;
    assert!(
        error
            .to_string()
            .starts_with("Proxmox VE does not accept the token"),
        "{error}"
    );
}

#[tokio::test]
async fn words_of_the_server_are_one_clean_line() {
    let error = nodes(|| {
        let mut bytes =
            b"HTTP/1.1 500 bad \xff\xfe\x1b[31m thing\r\nContent-Length: 0\r\n\r\n".to_vec();
        bytes.extend_from_slice(b"");
        Reply::Bytes(bytes)
    })
    .await;
    assert!(
        !error.to_string().chars().any(char::is_control),
        "{error:?}"
    );
    let long = "e".repeat(5000);
    let error = nodes(move || {
        Reply::Bytes(answer(
            500,
            "x",
            &format!(r#"{{"message":"x\u001b[2J\u202e{long}"}}"#),
        ))
    })
    .await;
    let shown = error.to_string();
    assert!(
        shown.len() < 1000 && !shown.chars().any(|c| c.is_control() || c == '\u{202e}'),
        "{shown}"
    );
}

#[tokio::test]
async fn many_complaints_are_cut() {
    let errors: Vec<String> = (0..5000).map(|n| format!("\"p{n}\":\"no\"")).collect();
    let body = format!("{{\"errors\":{{{}}}}}", errors.join(","));
    let error =
        nodes(move || Reply::Bytes(answer(400, "Parameter verification failed.", &body))).await;
    assert!(error.errors().len() <= 64);
}

#[tokio::test]
async fn a_secret_that_comes_back_is_not_shown() {
    for status in [500, 400, 403] {
        let error = nodes(move || refusal(status, &format!("no such token {SECRET}"))).await;
        assert!(!format!("{error} {error:?}").contains(SECRET));
        assert_eq!(error.status(), Some(status));
        let error = nodes(move || {
            Reply::Bytes(answer(
                status,
                "x",
                &format!(r#"{{"errors":{{"a":"{SECRET}"}}}}"#),
            ))
        })
        .await;
        assert!(!format!("{error} {error:?}").contains(SECRET));
    }
}

#[tokio::test]
async fn no_secret_is_shown_by_what_holds_it() {
    let fake = Fake::start(|_, _| data("[]")).await;
    let shown = format!("{:?} {:?}", fake.endpoint(), fake.client());
    assert!(
        !shown.contains(SECRET) && shown.contains("havre@pve!deploy"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_guest_without_a_place_fails_the_list_that_would_prove_it_gone() {
    let rows = r#"[{"type":"lxc","vmid":100,"node":"pve1","id":"lxc/100","status":"running"},{"type":"qemu","vmid":"x","node":"pve1","id":"qemu/x"}]"#;
    let fake = Fake::start(move |_, _| data(rows)).await;
    assert_eq!(
        fake.client().guests().await.unwrap_err().kind(),
        &Kind::BadAnswer
    );
}

#[tokio::test]
async fn a_task_on_a_path_of_its_own_is_not_a_task() {
    let fake = Fake::start(|_, _| {
        data("\"UPID:../../x:0001A2B3:1234ABCD:65F0A1B2:vzstart:100:root@pam:\"")
    })
    .await;
    let guest = fake
        .client()
        .guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN);
    assert!(guest.start().await.unwrap_err().is_ambiguous());
}

#[tokio::test]
async fn a_privilege_that_the_cluster_does_not_name_is_named() {
    let fake = Fake::start(|_, _| refusal(403, "Permission check failed")).await;
    let guest = fake
        .client()
        .guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN);
    let mut cloning = pve::Cloning::to("200".parse().unwrap());
    for (pool, path) in [(None, "/vms/200"), (Some("paas"), "/pool/paas")] {
        cloning.pool = pool.map(|pool| pool.parse().unwrap());
        let error = guest.clone_to(&cloning).await.unwrap_err();
        assert_eq!(
            error.kind(),
            &Kind::MissingPrivilege {
                path: path.to_owned(),
                privileges: vec!["VM.Allocate".to_owned()]
            }
        );
    }
    // What has a reason of its own keeps it.
    let fake =
        Fake::start(|_, _| refusal(403, "Permission check failed (only root can do this)")).await;
    let guest = fake
        .client()
        .guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN);
    assert!(
        guest
            .clone_to(&cloning)
            .await
            .unwrap_err()
            .to_string()
            .contains("only root can do this")
    );
}

#[tokio::test]
async fn a_good_answer_to_a_write_that_is_not_understood_is_ambiguous() {
    for body in ["<html>", "", "7"] {
        let fake = Fake::start(move |_, _| Reply::Bytes(answer(200, "OK", body))).await;
        let guest = fake
            .client()
            .guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN);
        let update = pve::lxc::Update::default();
        assert!(guest.set_lxc(&update).await.unwrap_err().is_ambiguous());
        assert!(guest.start().await.unwrap_err().is_ambiguous());
        assert_eq!(fake.came().len(), 2);
    }
}

#[tokio::test]
async fn a_guest_is_not_gone_because_another_one_is() {
    let fake = Fake::start(|_, _| {
        refusal(
            500,
            "Configuration file 'nodes/pve1/lxc/200.conf' does not exist",
        )
    })
    .await;
    let client = fake.client();
    let node = "pve1".parse().unwrap();
    assert!(
        !client
            .guest(GuestKind::Lxc, &node, Vmid::MIN)
            .destroy(true)
            .await
            .unwrap_err()
            .is_guest_gone()
    );
    assert!(
        client
            .guest(GuestKind::Lxc, &node, "200".parse().unwrap())
            .destroy(true)
            .await
            .unwrap_err()
            .is_guest_gone()
    );
}

#[tokio::test]
async fn a_head_without_end_has_a_bound() {
    let error = nodes(|| {
        let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
        bytes.extend((0..100_000).flat_map(|n| format!("x-{n}: {n}\r\n").into_bytes()));
        Reply::Stall(bytes)
    })
    .await;
    assert!(
        matches!(error.kind(), Kind::Ambiguous | Kind::BadAnswer),
        "{error:?}"
    );
}
