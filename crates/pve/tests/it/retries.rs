//! What is sent again and what never is.

use std::time::Duration;

use pve::{Cloning, Conflict, Error, Guest, GuestKind, Kind, Missing, Vmid};

use crate::fake::{Fake, Reply, answer, data, refusal, short};

const UPID: &str = "\"UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:havre@pve!deploy:\"";
const LOCKED: &str = "can't lock file '/run/lock/lxc/pve-config-100.lock' - got timeout";

fn guest(fake: &Fake) -> Guest {
    fake.client()
        .guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN)
}

async fn cloned(fake: &Fake) -> Result<pve::Upid, Error> {
    guest(fake)
        .clone_to(&Cloning::to("200".parse().unwrap()))
        .await
}

#[tokio::test]
async fn a_lock_that_was_not_got_is_asked_for_again() {
    let fake = Fake::start(|_, before| {
        if before < 2 {
            refusal(500, LOCKED)
        } else {
            data(UPID)
        }
    })
    .await;
    cloned(&fake).await.unwrap();
    assert_eq!(fake.came().len(), 3);
}

#[tokio::test]
async fn it_is_not_asked_for_for_ever() {
    let fake = Fake::start(|_, _| refusal(500, LOCKED)).await;
    let error = cloned(&fake).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.nothing_done(), fake.came().len()),
        (&Kind::Transient, true, 3)
    );
    assert_eq!(
        error.asked().unwrap().to_string(),
        "POST /nodes/pve1/lxc/100/clone"
    );
}

#[tokio::test]
async fn a_node_that_could_not_be_reached_is_asked_again() {
    let fake = Fake::start(|_, before| {
        if before == 0 {
            refusal(595, "No route to host")
        } else {
            data(UPID)
        }
    })
    .await;
    cloned(&fake).await.unwrap();
    assert_eq!(fake.came().len(), 2);
}

#[tokio::test]
async fn a_write_with_an_ambiguous_answer_is_never_sent_again() {
    for how in [
        refusal_596 as fn() -> Reply,
        cut,
        half,
        stall,
        silence,
        no_task,
        odd_task,
        bad_gateway,
    ] {
        let fake = Fake::start(move |_, _| how()).await;
        let mut endpoint = fake.endpoint();
        endpoint.limits.request = Duration::from_millis(300);
        let client = pve::Client::new(endpoint).unwrap();
        let guest = client.guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN);
        let error = guest
            .clone_to(&Cloning::to("200".parse().unwrap()))
            .await
            .unwrap_err();
        assert!(error.is_ambiguous() && !error.nothing_done(), "{error:?}");
        assert_eq!(fake.came().len(), 1, "{error}");
        assert!(error.to_string().contains("Look at the guest"), "{error}");
    }
}

fn refusal_596() -> Reply {
    refusal(596, "Connection timed out")
}

fn cut() -> Reply {
    Reply::Cut(Vec::new())
}

fn half() -> Reply {
    let whole = answer(200, "OK", &format!("{{\"data\":{UPID}}}"));
    Reply::Cut(whole[..whole.len() - 20].to_vec())
}

fn stall() -> Reply {
    Reply::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{\"data\":".to_vec())
}

fn silence() -> Reply {
    Reply::Silence
}

fn no_task() -> Reply {
    data("null")
}

fn odd_task() -> Reply {
    data("\"started\"")
}

fn bad_gateway() -> Reply {
    Reply::Bytes(answer(502, "Bad Gateway", "<html>"))
}

#[tokio::test]
async fn a_read_is_asked_again_whatever_broke() {
    for how in [
        refusal_596 as fn() -> Reply,
        cut,
        half,
        silence,
        bad_gateway,
    ] {
        let fake = Fake::start(move |_, before| {
            if before == 0 {
                how()
            } else {
                data("[{\"node\":\"pve1\"}]")
            }
        })
        .await;
        let mut endpoint = fake.endpoint();
        endpoint.limits.request = Duration::from_millis(300);
        let nodes = pve::Client::new(endpoint).unwrap().nodes().await.unwrap();
        assert_eq!((nodes.len(), fake.came().len()), (1, 2));
    }
}

#[tokio::test]
async fn no_attempt_begins_after_the_time_is_up() {
    let fake = Fake::start(|_, _| refusal(596, "Connection timed out")).await;
    let mut endpoint = fake.endpoint();
    endpoint.limits.retry_for = Duration::ZERO;
    pve::Client::new(endpoint)
        .unwrap()
        .nodes()
        .await
        .unwrap_err();
    assert_eq!(fake.came().len(), 1);
}

#[tokio::test]
async fn what_was_refused_is_not_asked_again() {
    for (status, phrase, kind) in [
        (
            500,
            "CT is locked (disk)",
            Kind::Conflict(Conflict::Locked("disk".to_owned())),
        ),
        (
            500,
            "CT 200 already exists on node 'pve2'",
            Kind::Conflict(Conflict::AlreadyExists),
        ),
        (
            500,
            "Configuration file 'nodes/pve1/lxc/100.conf' does not exist",
            Kind::Gone(Missing::Guest),
        ),
        (500, "cluster not ready - no quorum?", Kind::NoQuorum),
        (401, "No ticket", Kind::Credentials),
    ] {
        let fake = Fake::start(move |_, _| refusal(status, phrase)).await;
        let error = cloned(&fake).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status(), error.reason()),
            (&kind, Some(status), phrase)
        );
        assert!(error.nothing_done());
        assert_eq!(fake.came().len(), 1);
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_tried_some_times() {
    let gone = {
        tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
    };
    let fake = Fake::start(|_, _| data("null")).await;
    let mut endpoint = fake.endpoint();
    endpoint.url = format!("https://{gone}").parse().unwrap();
    let client = pve::Client::new(endpoint).unwrap();
    let guest = client.guest(GuestKind::Lxc, &"pve1".parse().unwrap(), Vmid::MIN);
    let error = guest.start().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.nothing_done()),
        (&Kind::Unreachable, true)
    );
    assert_eq!(client.sent().all, u64::from(short().attempts));
    assert!(
        !error.to_string().contains("127.0.0.1:"),
        "the address is not the request's business: {error}"
    );
}
