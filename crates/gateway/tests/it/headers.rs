//! What guests are told, and what stays on one connection.

use rstest::rstest;

use crate::support::{App, Raw, TestGateway};

/// What a guest was asked when a client sends these header lines.
async fn asked(lines: &str) -> Vec<String> {
    let gateway = TestGateway::start().await;
    let app = App::echo().await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(format!(
        "GET /p?q=1%20&x HTTP/1.1\r\nHost: App.localhost:8080\r\n{lines}\r\n"
    ))
    .await;
    let answer = raw.answer().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().lines().map(str::to_owned).collect()
}

fn values(lines: &[String], name: &str) -> Vec<String> {
    lines
        .iter()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn guests_are_told_where_a_request_came_from() {
    let lines = asked("").await;
    assert_eq!(lines[0], "GET /p?q=1%20&x HTTP/1.1");
    for (name, value) in [
        ("host", "app.localhost:8080"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "app.localhost:8080"),
        ("x-forwarded-port", "8080"),
        (
            "forwarded",
            "for=127.0.0.1;host=\"app.localhost:8080\";proto=http",
        ),
    ] {
        assert_eq!(values(&lines, name), [value], "{name}");
    }
}

#[rstest]
#[case("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\n")]
#[case("Forwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\n")]
#[case(
    "X-Forwarded-Host: 6.6.6.6\r\nX-Forwarded-Server: 6.6.6.6\r\nX-Forwarded-Prefix: /6.6.6.6\r\n"
)]
#[case("X_Forwarded_For: 6.6.6.6\r\nX-Forwarded_Host: 6.6.6.6\r\nX_Real_IP: 6.6.6.6\r\n")]
#[case("Proxy: http://6.6.6.6\r\nProxy-Authorization: 6.6.6.6\r\nProxy-Connection: 6.6.6.6\r\n")]
#[case("Content_Length: 6.6.6.6\r\nTransfer_Encoding: 6.6.6.6\r\n")]
#[case("Keep-Alive: 6.6.6.6\r\nTE: 6.6.6.6\r\nTrailer: 6.6.6.6\r\nUpgrade: 6.6.6.6\r\n")]
#[case(
    "Connection: x-mine , Y-Mine\r\nConnection: z-mine\r\nX-Mine: 6.6.6.6\r\nY-Mine: 6.6.6.6\r\nZ-Mine: 6.6.6.6\r\n"
)]
#[case("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: 6.6.6.6\r\n")]
#[tokio::test]
async fn claims_and_hop_by_hop_headers_do_not_pass(#[case] lines: &str) {
    let got = asked(lines).await;
    assert!(!got.iter().any(|line| line.contains("6.6.6.6")), "{got:#?}");
    assert!(values(&got, "upgrade").is_empty() && values(&got, "connection").is_empty());
}

#[tokio::test]
async fn connection_cannot_take_off_what_the_gateway_says() {
    let got = asked("Connection: host, x-forwarded-for, forwarded, close\r\n").await;
    assert_eq!(values(&got, "host"), ["app.localhost:8080"]);
    assert_eq!(values(&got, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(values(&got, "forwarded").len(), 1);
}

#[tokio::test]
async fn other_headers_pass_in_order() {
    let got = asked("Cookie: a=1\r\nX-My_Own: 5\r\nAccept: */*\r\nCookie: b=2\r\n").await;
    assert_eq!(values(&got, "cookie"), ["a=1", "b=2"]);
    assert_eq!(values(&got, "x-my_own"), ["5"]);
    assert_eq!(values(&got, "accept"), ["*/*"]);
}

#[tokio::test]
async fn answers_keep_what_is_theirs_and_lose_what_belongs_to_the_connection() {
    let gateway = TestGateway::start().await;
    let app = App::answering(
        b"HTTP/1.1 201 Made Up\r\nContent-Length: 2\r\nContent-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\
          Connection: x-hop\r\nX-Hop: 6.6.6.6\r\nKeep-Alive: 6.6.6.6\r\nProxy-Authenticate: 6.6.6.6\r\n\
          Upgrade: 6.6.6.6\r\nTrailer: 6.6.6.6\r\nServer: mine\r\n\r\nok",
    )
    .await;
    gateway.route("app", app.upstream()).await;
    let answer = crate::support::get(gateway.address, "app.localhost", "/").await;
    assert_eq!((answer.status, answer.text().as_str()), (201, "ok"));
    assert!(!answer.head.contains("6.6.6.6"), "{}", answer.head);
    assert_eq!(answer.headers("set-cookie"), ["a", "b"]);
    assert_eq!(answer.headers("content-length"), ["2"]);
    assert_eq!(answer.headers("server"), ["mine"]);
    assert_eq!(answer.headers("date").len(), 1);
}
