//! Who may ask, and how.

use axum::body::Body;
use axum::http::Request;
use rstest::rstest;

use crate::harness::{Got, Server};

async fn asked_as(host: &str) -> Got {
    let server = Server::start().await;
    let request = Request::get("/health").header("host", host);
    server.send(request.body(Body::empty()).unwrap()).await
}

#[rstest]
#[case("localhost")]
#[case("LOCALHOST:5000")]
#[case("localhost.")]
#[case("127.0.0.1:5000")]
#[case("127.8.9.10")]
#[case("[::1]:5000")]
#[case("havre.example:443")]
#[tokio::test]
async fn a_known_host_is_answered(#[case] host: &str) {
    assert_eq!(asked_as(host).await.status.as_u16(), 200);
}

#[rstest]
#[case("evil.example", 421)]
#[case("localhost.evil.example", 421)]
#[case("app.localhost:8080", 421)]
#[case("10.0.0.1:5000", 421)]
#[case("0.0.0.0:5000", 421)]
#[case("127.0.0.1.nip.io", 421)]
#[case("user@localhost", 400)]
#[case("local host", 400)]
#[case("", 400)]
#[tokio::test]
async fn another_host_is_refused(#[case] host: &str, #[case] status: u16) {
    let body = asked_as(host).await.is(status);
    assert_eq!(body["code"], "unknown_host");
    assert_eq!(body["success"], false);
}

#[tokio::test]
async fn a_request_has_exactly_one_host() {
    let server = Server::start().await;
    let none = Request::get("/health").body(Body::empty()).unwrap();
    let two = Request::get("/health")
        .header("host", "localhost")
        .header("host", "evil.example");
    let differs = Request::get("http://evil.example/health").header("host", "localhost");
    for request in [
        none,
        two.body(Body::empty()).unwrap(),
        differs.body(Body::empty()).unwrap(),
    ] {
        server.send(request).await.is(400);
    }
}

async fn from_a_page(method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
    let server = Server::start().await;
    let mut request = Server::request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

#[rstest]
#[case(&[("origin", "http://evil.example")])]
#[case(&[("origin", "null")])]
#[case(&[("origin", "http://localhost:8080")])]
#[case(&[("origin", "http://app.localhost:5000")])]
#[case(&[("sec-fetch-site", "cross-site")])]
#[case(&[("sec-fetch-site", "same-site")])]
#[case(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")])]
#[tokio::test]
async fn another_sites_page_changes_nothing(#[case] headers: &[(&str, &str)]) {
    for (method, path) in [
        ("POST", "/api/deployments/x/stop"),
        ("DELETE", "/api/deployments/x"),
    ] {
        let body = from_a_page(method, path, headers).await.is(403);
        assert_eq!(body["code"], "other_origin");
    }
}

#[rstest]
#[case(&[("origin", "http://localhost:5000"), ("sec-fetch-site", "same-origin")])]
#[case(&[("origin", "http://LOCALHOST:5000")])]
#[case(&[("sec-fetch-site", "none")])]
#[case(&[])]
#[tokio::test]
async fn our_own_pages_and_other_clients_do(#[case] headers: &[(&str, &str)]) {
    let got = from_a_page("DELETE", "/api/deployments/nothing", headers).await;
    assert_eq!(got.is(404)["error"], "Deployment not found");
}

#[tokio::test]
async fn another_site_may_link_to_a_page_but_not_hold_a_stream() {
    let link = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    assert_eq!(
        from_a_page("GET", "/dashboard", &link)
            .await
            .status
            .as_u16(),
        200
    );
    let stream = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")];
    from_a_page("GET", "/api/events", &stream).await.is(403);
}

#[rstest]
#[case(Some("text/plain"))]
#[case(Some("application/x-www-form-urlencoded"))]
#[case(Some("multipart/form-data; boundary=x"))]
#[case(Some("application/jsonp"))]
#[case(None)]
#[tokio::test]
async fn a_change_is_json(#[case] kind: Option<&str>) {
    let server = Server::start().await;
    let mut request = Server::request("POST", "/api/deploy").header("content-length", "2");
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    let got = server.send(request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(got.is(415)["code"], "unsupported_media_type");
}

#[tokio::test]
async fn json_with_a_charset_is_json() {
    let server = Server::start().await;
    let request = Server::request("POST", "/api/deploy")
        .header("content-type", "Application/JSON; charset=utf-8")
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(
        server.send(request).await.is(400)["error"],
        "No data provided"
    );
}

#[tokio::test]
async fn every_answer_keeps_browsers_strict_and_opens_no_door() {
    let server = Server::start().await;
    for path in ["/health", "/dashboard", "/api/nothing", "/api/deployments"] {
        let request = Server::request("GET", path).header("origin", "http://evil.example");
        let got = server.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(got.header("cache-control"), "no-store", "{path}");
        assert!(
            got.header("content-security-policy")
                .starts_with("default-src 'none'")
        );
        assert!(
            !got.headers.contains_key("access-control-allow-origin"),
            "{path}"
        );
        assert!(!got.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn a_preflight_of_another_site_gets_nothing() {
    let server = Server::start().await;
    let request = Server::request("OPTIONS", "/api/deploy")
        .header("origin", "http://evil.example")
        .header("access-control-request-method", "POST");
    let got = server.send(request.body(Body::empty()).unwrap()).await;
    assert!(got.status.is_client_error());
    assert!(
        !got.headers
            .keys()
            .any(|name| name.as_str().starts_with("access-control"))
    );
}
