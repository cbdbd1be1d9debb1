//! Where messages begin and end: nothing that client and guest could read differently passes.

use rstest::rstest;

use crate::support::{App, Raw, TestGateway};

async fn echo_gateway() -> (TestGateway, App) {
    let gateway = TestGateway::start().await;
    let app = App::echo().await;
    gateway.route("app", app.upstream()).await;
    (gateway, app)
}

const START: &str = "POST / HTTP/1.1\r\nHost: app.localhost\r\n";

#[rstest]
#[case::length_then_chunked("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
#[case::chunked_then_length("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
#[case::two_lengths("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
#[case::a_list_of_lengths("Content-Length: 5, 6\r\n\r\nhello!")]
#[case::a_signed_length("Content-Length: +5\r\n\r\nhello")]
#[case::a_negative_length("Content-Length: -1\r\n\r\nhello")]
#[case::no_length("Content-Length: x\r\n\r\nhello")]
#[case::a_huge_length("Content-Length: 99999999999999999999\r\n\r\nhello")]
#[case::folded("X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n")]
#[case::space_before_colon("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
#[case::no_chunked("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
#[case::identity("Transfer-Encoding: identity\r\n\r\n0\r\n\r\n")]
#[case::gzip_chunked("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
#[case::chunked_twice("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
#[case::chunked_then_identity(
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"
)]
#[case::no_colon("nonsense\r\n\r\n")]
#[case::nul_in_a_value("X-A: a\0b\r\n\r\n")]
#[case::cr_in_a_value("X-A: a\rTransfer-Encoding: chunked\r\n\r\n")]
#[tokio::test]
async fn requests_of_unclear_length_are_refused(#[case] rest: &str) {
    let (gateway, app) = echo_gateway().await;
    let mut raw = Raw::connect(gateway.address).await;
    // What follows must never be taken for a request.
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: app.localhost\r\n\r\n";
    raw.send(format!("{START}{rest}{smuggled}")).await;
    let said = String::from_utf8_lossy(&raw.rest().await).into_owned();
    assert!(said.starts_with("HTTP/1.1 400 "), "{said}");
    assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{said}");
    assert_eq!(app.connections(), 0);
}

#[tokio::test]
async fn both_framings_behind_another_request_do_not_smuggle_either() {
    let (gateway, _app) = echo_gateway().await;
    let mut raw = Raw::connect(gateway.address).await;
    let first = format!("{START}Content-Length: 2\r\n\r\nhi");
    let second = format!(
        "{START}Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: app.localhost\r\n\r\n"
    );
    raw.send(format!("{first}{second}")).await;
    let said = String::from_utf8_lossy(&raw.rest().await).into_owned();
    assert!(!said.contains("/smuggled"), "{said}");
}

#[rstest]
#[case::bad_size("zz\r\nhello\r\n0\r\n\r\n")]
#[case::huge_size("fffffffffffffffff\r\nhello\r\n0\r\n\r\n")]
#[case::no_end_of_chunk("5\r\nhelloX\r\n0\r\n\r\n")]
#[tokio::test]
async fn broken_chunks_end_the_request(#[case] chunks: &str) {
    let (gateway, _app) = echo_gateway().await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(format!("{START}Transfer-Encoding: chunked\r\n\r\n{chunks}"))
        .await;
    let answer = raw.answer().await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(raw.rest().await.is_empty());
}

#[rstest]
#[case("Content-Length: 11\r\n\r\nhello world", "content-length: 11")]
#[case(
    "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    "transfer-encoding: chunked"
)]
#[tokio::test]
async fn bodies_arrive(#[case] rest: &str, #[case] framed: &str) {
    let (gateway, _app) = echo_gateway().await;
    for method in ["POST", "GET", "DELETE"] {
        let mut raw = Raw::connect(gateway.address).await;
        raw.send(format!(
            "{method} / HTTP/1.1\r\nHost: app.localhost\r\n{rest}"
        ))
        .await;
        let text = raw.answer().await.text();
        assert!(text.ends_with("\n\nhello world"), "{text}");
        assert_eq!(
            text.matches("content-length:").count() + text.matches("transfer-encoding:").count(),
            1
        );
        assert!(text.contains(framed), "{text}");
    }
}

#[tokio::test]
async fn a_client_that_expects_100_continue_gets_it() {
    let (gateway, _app) = echo_gateway().await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(format!(
        "{START}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    ))
    .await;
    assert!(raw.head().await.starts_with("HTTP/1.1 100 "));
    raw.send("hello").await;
    let answer = raw.answer().await;
    assert!(answer.text().ends_with("\n\nhello") && !answer.text().contains("expect:"));
}

#[tokio::test]
async fn a_page_comes_without_100_continue() {
    let gateway = TestGateway::start().await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(format!(
        "{START}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    ))
    .await;
    assert_eq!(raw.answer().await.status, 404);
}

#[rstest]
#[case("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n", Some("42"))]
#[case("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None)]
#[case("GET", "HTTP/1.1 204 No Content\r\n\r\n", None)]
#[case("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", None)]
#[case("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 42\r\n\r\n", None)]
#[case("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Some("0"))]
#[tokio::test]
async fn answers_without_a_body_keep_the_connection_in_step(
    #[case] method: &str,
    #[case] bytes: &'static str,
    #[case] length: Option<&str>,
) {
    let gateway = TestGateway::start().await;
    let app = App::answering(bytes.as_bytes()).await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    for _ in 0..3 {
        raw.send(format!(
            "{method} / HTTP/1.1\r\nHost: app.localhost\r\n\r\n"
        ))
        .await;
        let answer = raw.answer_to(method).await;
        assert_eq!(answer.header("content-length"), length, "{}", answer.head);
        assert_eq!(answer.status.to_string(), bytes[9..12]);
    }
    assert_eq!(app.connections(), 1);
}

#[tokio::test]
async fn clients_of_http_1_0_get_a_body_that_ends_with_the_connection() {
    let gateway = TestGateway::start().await;
    let app = App::answering(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    )
    .await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.0\r\nHost: app.localhost\r\n\r\n")
        .await;
    let answer = raw.answer().await;
    assert!(answer.head.starts_with("HTTP/1.0 200 "), "{}", answer.head);
    assert_eq!(answer.header("transfer-encoding"), None);
    assert_eq!(answer.text(), "hello");
}

#[tokio::test]
async fn guests_of_http_1_0_are_understood() {
    let gateway = TestGateway::start().await;
    let app = App::raw(|mut stream| async move {
        use tokio::io::AsyncWriteExt;
        crate::support::read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nhello").await;
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let answer = crate::support::get(gateway.address, "app.localhost", "/").await;
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert_eq!(answer.text(), "hello");
}

#[rstest]
#[case::two_lengths("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
#[case::no_http("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
#[case::gzip_coding("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
#[case::a_switch_nobody_asked_for(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
)]
#[tokio::test]
async fn broken_answers_become_a_502(#[case] bytes: &'static str) {
    let gateway = TestGateway::start().await;
    let app = App::answering(bytes.as_bytes()).await;
    gateway.route("app", app.upstream()).await;
    let answer = crate::support::get(gateway.address, "app.localhost", "/").await;
    assert_eq!(answer.status, 502, "{}", answer.head);
    assert!(!answer.text().contains("127.0.0.1") && !answer.text().contains("hyper"));
}

#[tokio::test]
async fn where_an_answer_has_both_lengths_the_chunks_count() {
    let gateway = TestGateway::start().await;
    let app = App::answering(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    )
    .await;
    gateway.route("app", app.upstream()).await;
    let answer = crate::support::get(gateway.address, "app.localhost", "/").await;
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.text(), "hello");
}

#[tokio::test]
async fn trailers_reach_a_client_that_reads_them() {
    let gateway = TestGateway::start().await;
    let app = App::answering(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n",
    )
    .await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(
        "GET / HTTP/1.1\r\nHost: app.localhost\r\nTE: trailers\r\nConnection: te, close\r\n\r\n",
    )
    .await;
    let said = String::from_utf8(raw.rest().await).unwrap();
    assert!(
        said.to_ascii_lowercase().contains("trailer: x-sum"),
        "{said}"
    );
    assert!(
        said.to_ascii_lowercase().ends_with("0\r\nx-sum: 7\r\n\r\n"),
        "{said}"
    );
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let (gateway, _app) = echo_gateway().await;
    let mut raw = Raw::connect(gateway.address).await;
    let one = |path| format!("GET {path} HTTP/1.1\r\nHost: app.localhost\r\n\r\n");
    raw.send(one("/1") + &one("/2") + &one("/3")).await;
    for path in ["/1", "/2", "/3"] {
        assert!(
            raw.answer()
                .await
                .text()
                .starts_with(&format!("GET {path} "))
        );
    }
}

#[tokio::test]
async fn connect_is_no_open_proxy_and_absolute_targets_become_plain() {
    let (gateway, app) = echo_gateway().await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("CONNECT app.localhost:80 HTTP/1.1\r\nHost: app.localhost:80\r\n\r\n")
        .await;
    assert_eq!(raw.answer().await.status, 405);
    assert_eq!(app.connections(), 0);
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET http://app.localhost/x?y HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    assert!(raw.answer().await.text().starts_with("GET /x?y HTTP/1.1\n"));
}
