//! The pages.

use serde_json::json;

use crate::harness::{Got, Server, in_time};

#[track_caller]
fn html(got: Got, status: u16) -> String {
    assert_eq!(got.status.as_u16(), status, "{}", got.text);
    assert_eq!(got.header("content-type"), "text/html; charset=utf-8");
    assert!(
        !got.text.contains("<script>") && !got.text.contains(" style="),
        "inline code"
    );
    got.text
}

#[tokio::test]
async fn the_list_shows_what_is_deployed() {
    let server = Server::start().await;
    assert!(html(server.get("/").await, 200).contains("Nothing deployed yet"));
    let id = server.deployed("hello").await;
    let page = html(server.get("/dashboard").await, 200);
    assert!(page.contains(&format!("/deployments/{id}")), "{page}");
    assert!(page.contains("http://hello.localhost:8080"));
    assert!(page.contains("running"));
}

#[tokio::test]
async fn a_deployment_has_a_page_with_its_buttons() {
    let server = Server::start().await;
    let id = server.deployed("hello").await;
    let page = html(server.get("/deployments/hello").await, 200);
    for action in ["redeploy", "rollback", "stop", "destroy"] {
        assert!(
            page.contains(&format!("data-action=\"{action}\"")),
            "{action}"
        );
    }
    assert!(page.contains("v1") && page.contains(&id));
    in_time(server.ask("DELETE", "/api/deployments/hello"))
        .await
        .is(200);
    let page = html(server.get(&format!("/deployments/{id}")).await, 200);
    assert!(
        !page.contains("data-action"),
        "a deleted one cannot be changed"
    );
}

#[tokio::test]
async fn the_form_offers_the_frameworks() {
    let server = Server::start().await;
    let page = html(server.get("/deploy").await, 200);
    assert!(
        page.contains("<option value=\"flask\">Flask</option>"),
        "{page}"
    );
}

#[tokio::test]
async fn what_a_build_prints_is_text_on_the_page() {
    let server = Server::start().await;
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    let url = server.broken("broken", &[evil]);
    let body = json!({"name": "broken", "github_url": url});
    in_time(server.json("POST", "/api/deploy?wait=true", &body))
        .await
        .is(422);
    for path in ["/dashboard", "/deployments/broken"] {
        let page = html(server.get(path).await, 200);
        assert!(page.contains("alert(1)"), "the output is shown: {page}");
        assert!(!page.contains("<img"), "and escaped");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_page_too() {
    let server = Server::start().await;
    let page = html(server.get("/deployments/%3Cscript%3Ealert(1)").await, 404);
    assert!(page.contains("Deployment not found"));
}

#[tokio::test]
async fn assets_are_served_from_the_binary() {
    let server = Server::start().await;
    for (path, kind) in [
        ("/assets/havre.css", "text/css"),
        ("/assets/havre.js", "text/javascript"),
    ] {
        let got = server.get(path).await;
        assert_eq!(got.status.as_u16(), 200);
        assert!(got.header("content-type").starts_with(kind));
        assert!(got.header("cache-control").contains("max-age"));
        assert!(!got.text.contains("innerHTML"));
    }
}
