//! The original's contract where nothing is deployed, and what bad input is answered.

use axum::body::Body;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Server, in_time};

#[tokio::test]
async fn the_originals_small_answers() {
    let server = Server::start().await;
    let health = server.get("/health").await.is(200);
    assert_eq!(
        health,
        json!({"service": "Havre", "status": "healthy", "version": "0.1.0"})
    );
    let frameworks = server.get("/api/frameworks").await.is(200);
    assert_eq!(frameworks["success"], true);
    assert_eq!(frameworks["frameworks"]["flask"]["port"], 5000);
    let list = server.get("/api/deployments").await;
    assert_eq!(list.header("x-total-count"), "0");
    assert_eq!(list.is(200), json!({"success": true, "deployments": []}));
    let stats = server.get("/api/stats").await.is(200);
    let counts = json!({"total_deployments": 0, "running_deployments": 0, "failed_deployments": 0, "success_rate": 0.0});
    assert_eq!(stats, json!({"success": true, "stats": counts}));
}

#[tokio::test]
async fn ready_tells_of_each_part() {
    let server = Server::start().await;
    let ready = in_time(async {
        loop {
            let got = server.get("/api/ready").await;
            if got.status.as_u16() == 200 {
                break got.is(200);
            }
            let not_yet = got.is(503);
            assert_eq!(not_yet["success"], false, "{not_yet}");
            tokio::task::yield_now().await;
        }
    });
    let ready = ready.await;
    assert_eq!(ready["success"], true, "{ready}");
    assert_eq!(ready["parts"]["database"], "ok");
}

#[tokio::test]
async fn what_is_not_there() {
    let server = Server::start().await;
    let unknown = server.get("/api/statistics").await.is(404);
    assert_eq!(unknown["error"], "Resource not found");
    assert_eq!(unknown["success"], false);
    let got = server.ask("PUT", "/api/deployments").await;
    assert_eq!(got.header("allow"), "GET,HEAD");
    assert_eq!(got.is(405)["code"], "method_not_allowed");
}

/// Every route that names a deployment answers the same where there is none.
#[tokio::test]
async fn an_unknown_deployment_is_a_404_everywhere() {
    let server = Server::start().await;
    let of_one = server::ROUTES
        .iter()
        .filter(|(_, path)| path.contains("{d}"));
    for (method, path) in of_one {
        for key in [
            "nothing",
            "550e8400-e29b-41d4-a716-446655440000",
            "%3Cscript%3E",
            "..%2Fx",
            "%00",
        ] {
            let path = path.replace("{d}", key);
            let got = match *method {
                "PATCH" => {
                    let body = json!({"env": {"A": "b"}, "tags": ["web"]});
                    server.json(method, &path, &body).await
                }
                _ => server.ask(method, &path).await,
            };
            let body = got.is(404);
            assert_eq!(body["error"], "Deployment not found", "{method} {path}");
            assert_eq!(
                (&body["success"], &body["code"]),
                (&json!(false), &json!("not_found"))
            );
        }
    }
}

/// Walks every route with input that is wrong in every way: JSON errors, and never a fault of the platform.
#[tokio::test]
async fn bad_input_is_never_a_fault_of_the_platform() {
    let server = Server::start().await;
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "[1]",
        "5",
        "\"x\"",
        "{}",
        "{\"ref\":1}",
        "{\"name\":[],\"env\":7}",
        "\u{fffd}",
        "nul",
    ];
    let queries = [
        "",
        "?wait=maybe",
        "?n=x&limit=0&deleted=7&since=never&release=v0&status=odd&show=2",
        "?%ff=%ff",
        "?wait=true&build=true",
    ];
    for (method, path) in server::ROUTES {
        for query in queries {
            for body in bodies {
                // A good stream has no end, and the server may not be ready yet: both have tests of their own.
                if matches!(path, "/api/events" | "/api/ready") {
                    continue;
                }
                let path = path.replace("{d}", "%F0%9F%90%99").replace("{node}", "x");
                let got = server.raw(method, &format!("{path}{query}"), body).await;
                let status = got.status.as_u16();
                let allowed = status < 500 || status == 501;
                assert!(
                    allowed,
                    "{method} {path}{query} {body:?}: {status} {}",
                    got.text
                );
                if status >= 400 {
                    assert_eq!(
                        got.json()["success"],
                        false,
                        "{method} {path}{query} {body:?}"
                    );
                }
            }
        }
    }
}

#[rstest]
#[case("{\"name\": ", 400, "malformed")]
#[case("{'name': 1}", 400, "malformed")]
#[case("\u{feff}{}", 400, "malformed")]
#[case("", 400, "bad_input")]
#[tokio::test]
async fn malformed_json_is_told_with_its_place(
    #[case] body: &'static str,
    #[case] status: u16,
    #[case] code: &str,
) {
    let server = Server::start().await;
    let answer = server.raw("POST", "/api/deploy", body).await.is(status);
    assert_eq!(answer["code"], code);
    if code == "malformed" {
        assert!(answer["error"].as_str().unwrap().contains("line 1 column"));
    }
}

#[tokio::test]
async fn nothing_to_deploy_has_the_originals_words() {
    let server = Server::start().await;
    for body in [json!({}), json!(null), json!([])] {
        let answer = server.json("POST", "/api/deploy", &body).await.is(400);
        assert_eq!(answer["error"], "No data provided");
    }
    let answer = server
        .json("POST", "/api/deploy", &json!([1]))
        .await
        .is(400);
    let missing = [
        "Missing required field: github_url",
        "Missing required field: name",
    ];
    assert_eq!(answer["errors"], json!(missing));
    assert_eq!(answer["field"], "github_url");
}

#[tokio::test]
async fn a_body_is_bounded() {
    let server = Server::start().await;
    let body = Body::from(vec![b' '; 1024 * 1024 + 1]);
    let answer = server.raw("POST", "/api/deploy", body).await.is(413);
    assert_eq!(answer["code"], "too_large");
    let deep = "[".repeat(100_000);
    server.raw("POST", "/api/deploy", deep).await.is(400);
}

#[rstest]
#[case("/api/deployments?status=odd", "status")]
#[case("/api/deployments?limit=1001", "limit")]
#[case("/api/deployments?cursor=nobody-gave-this", "cursor")]
#[case("/api/deployments?before=nobody-gave-this", "before")]
#[case("/api/deployments?page=5001", "page")]
#[case("/api/deployments?deleted=maybe", "deleted")]
#[tokio::test]
async fn a_bad_query_names_its_parameter(#[case] path: &str, #[case] field: &str) {
    let server = Server::start().await;
    let answer = server.get(path).await.is(400);
    assert_eq!(
        (&answer["field"], &answer["code"]),
        (&json!(field), &json!("bad_input"))
    );
}

#[tokio::test]
async fn proxmox_says_that_it_is_not_configured() {
    let server = Server::start().await;
    let routes = server::ROUTES
        .iter()
        .filter(|(_, path)| path.contains("proxmox"));
    for (method, path) in routes {
        let answer: Value = server.ask(method, path).await.is(501);
        assert!(
            answer["error"]
                .as_str()
                .unwrap()
                .ends_with("not configured"),
            "{answer}"
        );
    }
}
