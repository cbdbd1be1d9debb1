//! Routing: the right guest, or the right page.

use domain::ports::Router;
use hyper::StatusCode;
use rstest::rstest;

use crate::support::{App, Raw, TestGateway, deploying, failed, get, label, stopped};

#[tokio::test]
async fn a_request_reaches_the_guest_of_its_host() {
    let gateway = TestGateway::start().await;
    let (one, two) = (App::saying("one").await, App::saying("two").await);
    gateway.route("app-one", one.upstream()).await;
    gateway.route("app-two", two.upstream()).await;
    let answer = get(gateway.address, "app-one.localhost:8080", "/").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "one"));
    let answer = get(gateway.address, "APP-Two.LocalHost.", "/").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "two"));
}

#[tokio::test]
async fn connections_are_used_again_both_sides() {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    for _ in 0..50 {
        raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
            .await;
        assert_eq!(raw.answer().await.text(), "hello");
    }
    assert_eq!(app.connections(), 1);
    let status = gateway.client.status().await.unwrap();
    assert_eq!(
        (status.counters.requests, status.counters.accepted),
        (50, 1)
    );
    assert_eq!((status.in_flight, status.connections), (0, 1));
}

#[rstest]
#[case(deploying("My_App"), 503, Some("5"), "being deployed")]
#[case(stopped("My_App"), 503, None, "stopped")]
#[case(failed("My_App"), 503, None, "not running")]
#[tokio::test]
async fn apps_that_do_not_serve_have_a_page(
    #[case] route: Option<domain::ports::Route>,
    #[case] status: u16,
    #[case] retry: Option<&str>,
    #[case] says: &str,
) {
    let gateway = TestGateway::start().await;
    gateway.client.set(&label("my-app"), route).await.unwrap();
    let answer = get(gateway.address, "my-app.localhost", "/").await;
    assert_eq!(answer.status, status);
    assert_eq!(answer.header("retry-after"), retry);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert!(answer.text().contains("My_App") && answer.text().contains(says));
}

#[tokio::test]
async fn browsers_get_html() {
    let gateway = TestGateway::start().await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: nobody.localhost\r\nAccept: text/html,*/*\r\n\r\n")
        .await;
    let answer = raw.answer().await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        answer
            .text()
            .contains("<h1>No app is served at nobody.localhost</h1>")
    );
}

#[tokio::test]
async fn pages_answer_head_without_a_body() {
    let gateway = TestGateway::start().await;
    let mut raw = Raw::connect(gateway.address).await;
    for _ in 0..2 {
        raw.send("HEAD / HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n")
            .await;
        assert_eq!(raw.answer_to("HEAD").await.status, 404);
    }
}

#[rstest]
#[case("nobody.localhost", 404)]
#[case("localhost:8080", 404)]
#[case("127.0.0.1", 404)]
#[case("a.app.localhost", 404)]
#[case("app.localhost.evil.test", 404)]
#[case("app.localhost@evil", 400)]
#[case("app .localhost", 400)]
#[case("", 400)]
#[tokio::test]
async fn other_hosts(#[case] host: &str, #[case] status: u16) {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    assert_eq!(get(gateway.address, host, "/").await.status, status);
    assert_eq!(app.connections(), 0);
}

#[rstest]
#[case("GET / HTTP/1.1\r\n\r\n")]
#[case("GET / HTTP/1.0\r\n\r\n")]
#[case("GET / HTTP/1.1\r\nHost: app.localhost\r\nHost: app.localhost\r\n\r\n")]
#[case("GET / HTTP/1.1\r\nHost: app.localhost\r\nHost: evil\r\n\r\n")]
#[case("GET app.localhost HTTP/1.1\r\nHost: app.localhost\r\n\r\n")]
#[case("GET evil HTTP/1.1\r\nHost: app.localhost\r\n\r\n")]
#[case("GET http://evil/ HTTP/1.1\r\nHost: app.localhost\r\n\r\n")]
#[case("GET http://u@app.localhost/ HTTP/1.1\r\nHost: app.localhost\r\n\r\n")]
#[tokio::test]
async fn requests_without_one_clear_host_are_refused(#[case] request: &str) {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(request).await;
    assert_eq!(raw.answer().await.status, 400);
    assert_eq!(app.connections(), 0);
}
