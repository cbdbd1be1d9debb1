//! Rows that another program wrote: shown as they are, never changed, and text on every page.

use serde_json::{Value, json};

use crate::harness::{Server, in_time};

const FOREIGN: &str = r#"INSERT INTO deployments
    (id, name, deployment_type, framework, github_url, resources, status, created_at, vm_id, error_message, tags)
    VALUES ('11111111-1111-4111-8111-111111111111', '<img src=x onerror=alert(1)>', 'lxc', '"><script>alert(2)</script>',
        'javascript:alert(3)', '{"cores": 2}', 'RUNNING', '2024-05-01 10:20:30.123456', 105,
        '</p><script>alert(4)</script>', 'web,prod')"#;

const UNREADABLE: &str = "INSERT INTO deployments (id, name, resources, status, created_at)
    VALUES ('not-a-uuid', 'odd', '{broken', 'Exploded', 'some day')";

async fn server() -> Server {
    let server = Server::start().await;
    server.by_another_hand(FOREIGN).await;
    server.by_another_hand(UNREADABLE).await;
    server
}

fn row<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let rows = answer["deployments"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == name).unwrap()
}

#[tokio::test]
async fn a_record_is_shown_as_it_is() {
    let server = server().await;
    let list = server.get("/api/deployments").await.is(200);
    let foreign = row(&list, "<img src=x onerror=alert(1)>");
    assert_eq!(foreign["status"], "running");
    assert_eq!(foreign["managed"], false);
    assert_eq!(foreign["created_at"], "2024-05-01T10:20:30.123456");
    assert_eq!(
        (&foreign["vm_id"], &foreign["tags"]),
        (&json!(105), &json!("web,prod"))
    );
    assert_eq!(
        (&foreign["url"], &foreign["driver"]),
        (&json!(null), &json!(null))
    );
}

#[tokio::test]
async fn an_unreadable_row_is_flagged_and_breaks_nothing() {
    let server = server().await;
    let list = server.get("/api/deployments").await.is(200);
    assert_eq!(list["deployments"].as_array().unwrap().len(), 2);
    let odd = row(&list, "odd");
    assert_eq!(odd["status"], "Exploded");
    assert!(!odd["warnings"].as_array().unwrap().is_empty(), "{odd}");
    assert_eq!(
        server.get("/api/deployments/odd").await.is(200)["deployment"],
        *odd
    );
}

#[tokio::test]
async fn a_record_is_never_changed() {
    let server = server().await;
    let id = "11111111-1111-4111-8111-111111111111";
    for key in [id, "odd"] {
        for action in ["redeploy", "rollback", "cancel", "start", "stop", "restart"] {
            let path = format!("/api/deployments/{key}/{action}");
            let answer = server.ask("POST", &path).await.is(409);
            assert_eq!(answer["code"], "not_managed", "{path}");
        }
        let env = format!("/api/deployments/{key}/env");
        assert_eq!(server.get(&env).await.is(409)["code"], "not_managed");
        let logs = server
            .get(&format!("/api/deployments/{key}/logs"))
            .await
            .is(200);
        assert_eq!(logs["logs"], "No logs available");
        let releases = server
            .get(&format!("/api/deployments/{key}/releases"))
            .await
            .is(200);
        assert_eq!(releases["releases"], json!([]));
    }
    let gone = in_time(server.ask("DELETE", &format!("/api/deployments/{id}")))
        .await
        .is(200);
    assert_eq!(gone["message"], "Deployment deleted successfully");
}

#[tokio::test]
async fn what_a_record_holds_is_text_on_every_page() {
    let server = server().await;
    let pages = [
        "/dashboard",
        "/deployments/11111111-1111-4111-8111-111111111111",
        "/deployments/odd",
    ];
    for path in pages {
        let page = server.get(path).await;
        assert_eq!(page.status.as_u16(), 200, "{path}: {}", page.text);
        for evil in ["<img", "<script>", "href=\"javascript:"] {
            assert!(!page.text.contains(evil), "{path} {evil}: {}", page.text);
        }
    }
    let detail = server.get(pages[1]).await.text;
    assert!(detail.contains("javascript:alert(3)"), "shown, but as text");
}
