//! When a request is sent a second time, and when never.

use std::sync::Arc;
use std::sync::Mutex;

use domain::ports::Router;
use rstest::rstest;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::support::{App, Count, Raw, TestGateway, get, label, read_head, stopped};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A guest that counts requests and answers the n-th (from one) with the bytes of `with`; it closes unless they end in
/// `ok`.
async fn nth(asked: Count, with: impl Fn(usize) -> &'static [u8] + Send + Sync + 'static) -> App {
    let with = Arc::new(with);
    App::raw(move |mut stream| {
        let (asked, with) = (asked.clone(), Arc::clone(&with));
        async move {
            while read_head(&mut stream).await.is_some() {
                asked.up();
                let answer = with(asked.get());
                if stream.write_all(answer).await.is_err() || !answer.ends_with(b"ok") {
                    return;
                }
            }
        }
    })
    .await
}

async fn ask(gateway: &TestGateway, request: &str) -> (u16, u64) {
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(request).await;
    let method = request.split(' ').next().unwrap();
    let status = raw.answer_to(method).await.status;
    let retries = gateway.client.status().await.unwrap().counters.retries;
    (status, retries)
}

#[rstest]
#[case::get("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n", 2, (200, 1))]
#[case::head("HEAD / HTTP/1.1\r\nHost: app.localhost\r\n\r\n", 2, (200, 1))]
#[case::post("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 0\r\n\r\n", 1, (502, 0))]
#[case::delete("DELETE / HTTP/1.1\r\nHost: app.localhost\r\n\r\n", 1, (502, 0))]
#[case::get_with_body("GET / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 2\r\n\r\nhi", 1, (502, 0))]
#[tokio::test]
async fn only_what_is_safe_is_sent_again(
    #[case] request: &str,
    #[case] times: usize,
    #[case] outcome: (u16, u64),
) {
    let gateway = TestGateway::start().await;
    let asked = Count::new();
    let app = nth(asked.clone(), |n| if n == 1 { b"" } else { OK }).await;
    gateway.route("app", app.upstream()).await;
    assert_eq!(ask(&gateway, request).await, outcome);
    assert_eq!(asked.get(), times);
}

#[tokio::test]
async fn a_second_failure_is_told() {
    let gateway = TestGateway::start().await;
    let asked = Count::new();
    let app = nth(asked.clone(), |_| b"").await;
    gateway.route("app", app.upstream()).await;
    let answer = get(gateway.address, "app.localhost", "/").await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (502, Some("5"))
    );
    assert_eq!(asked.get(), 2);
    assert_eq!(
        gateway.client.status().await.unwrap().counters.bad_gateway,
        1
    );
}

#[tokio::test]
async fn nothing_is_sent_again_once_an_answer_began() {
    let gateway = TestGateway::start().await;
    let asked = Count::new();
    let app = nth(asked.clone(), |n| {
        if n == 1 {
            b"HTTP/1.1 200 OK\r\nConte"
        } else {
            OK
        }
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let request = "GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n";
    assert_eq!(ask(&gateway, request).await, (502, 0));
    assert_eq!(asked.get(), 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_made_whole() {
    let gateway = TestGateway::start().await;
    let app = nth(Count::new(), |_| {
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    // How much of it arrives before the connection is closed is open; that it is too short can always be seen.
    let said = String::from_utf8(raw.rest().await).unwrap();
    let whole = "content-length: 10";
    assert!(
        said.is_empty() || said.to_ascii_lowercase().contains(whole),
        "{said}"
    );
    assert!(
        said.is_empty() || said.ends_with("half") || said.ends_with("\r\n\r\n"),
        "{said}"
    );
    assert_eq!(gateway.client.status().await.unwrap().counters.aborted, 1);
}

#[tokio::test]
async fn a_guest_that_refuses_is_a_502() {
    let gateway = TestGateway::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    gateway
        .route("app", domain::guest::Upstream::Tcp(address))
        .await;
    let request = "POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 2\r\n\r\nhi";
    // Nothing was sent, so even a POST is tried twice.
    assert_eq!(ask(&gateway, request).await, (502, 1));
}

/// A guest that takes one request, moves the route to `next`, and closes without a word.
async fn moving(gateway: &TestGateway, next: App) -> App {
    let client = gateway.client.clone();
    let next = Arc::new(Mutex::new(Some(next)));
    App::raw(move |mut stream| {
        let (client, next) = (client.clone(), next.lock().unwrap().take());
        async move {
            let head = read_head(&mut stream).await;
            let next = next.expect("asked only once");
            let route = crate::support::serving("app", next.upstream());
            client.set(&label("app"), route).await.unwrap();
            drop((head, stream));
            // The next guest lives as long as this one.
            std::future::pending::<()>().await;
            drop(next);
        }
    })
    .await
}

#[tokio::test]
async fn the_second_try_takes_the_route_of_now() {
    let gateway = TestGateway::start().await;
    let new = App::saying("new").await;
    let old = moving(&gateway, new).await;
    gateway.route("app", old.upstream()).await;
    let answer = get(gateway.address, "app.localhost", "/").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "new"));
    assert_eq!(old.connections(), 1);
}

#[tokio::test]
async fn a_swap_to_a_page_is_seen_by_the_second_try() {
    let gateway = TestGateway::start().await;
    let client = gateway.client.clone();
    let app = App::raw(move |mut stream| {
        let client = client.clone();
        async move {
            read_head(&mut stream).await;
            client.set(&label("app"), stopped("app")).await.unwrap();
        }
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let answer = get(gateway.address, "app.localhost", "/").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("stopped"));
}

#[rstest]
#[case("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")]
#[case("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 2\r\n\r\nhi")]
#[case(
    "POST / HTTP/1.1\r\nHost: app.localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
)]
#[tokio::test]
async fn connections_that_the_guest_closed_meanwhile_hurt_nobody(#[case] request: &str) {
    let gateway = TestGateway::start().await;
    let closed = Count::new();
    let count = closed.clone();
    // Keeps connections open in its words, and closes them in its deeds.
    let app = App::raw(move |mut stream| {
        let closed = count.clone();
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(OK).await;
            drop(stream);
            closed.up();
        }
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    for n in 1..=20 {
        raw.send(request).await;
        assert_eq!(raw.answer().await.status, 200);
        closed.is(|closed| *closed == n).await;
    }
    assert_eq!(app.connections(), 20);
}
