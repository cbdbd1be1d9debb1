//! Lists over HTTP: pages, filters, cursors, tags.

use serde_json::{Value, json};

use crate::harness::Server;

/// Records, as another program writes them: `rec-00` the oldest.
const RECORDS: &str = "INSERT INTO deployments (id, name, deployment_type, framework, status, created_at, user_id, tags)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 44)
    SELECT printf('00000000-0000-4000-8000-%012d', i), printf('rec-%02d', i),
        CASE WHEN i % 5 = 0 THEN 'vm' ELSE 'lxc' END, CASE WHEN i % 3 = 0 THEN 'django' ELSE 'flask' END,
        CASE WHEN i % 4 = 0 THEN 'RUNNING' ELSE 'failed' END, printf('2024-05-01 10:%02d:00.000000', i),
        CASE WHEN i % 11 = 0 THEN 'ana' END, CASE WHEN i % 7 = 0 THEN 'web, prod' ELSE 'website' END FROM n";

async fn server() -> Server {
    let server = Server::start().await;
    server.by_another_hand(RECORDS).await;
    server
}

fn names(answer: &Value) -> Vec<&str> {
    let rows = answer["deployments"].as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_page_says_how_many_there_are_and_where_the_next_one_is() {
    let server = server().await;
    let first = server.get("/api/deployments?page=1").await;
    assert_eq!(first.header("x-total-count"), "45");
    let first = first.is(200);
    assert_eq!(names(&first)[..2], ["rec-44", "rec-43"]);
    let shape = |answer: &Value| {
        let all = ["total", "pages", "page", "per_page"];
        all.map(|field| answer[field].clone())
    };
    assert_eq!(shape(&first), [json!(45), json!(3), json!(1), json!(20)]);
    let third = server.get("/api/deployments?page=3").await.is(200);
    assert_eq!(
        names(&third),
        ["rec-04", "rec-03", "rec-02", "rec-01", "rec-00"]
    );
    assert_eq!(third["next_cursor"], json!(null));
    let beyond = server.get("/api/deployments?page=4").await.is(200);
    assert_eq!(beyond["deployments"], json!([]));
    assert_eq!(shape(&beyond), [json!(45), json!(3), json!(4), json!(20)]);
    let last = server
        .get("/api/deployments?page=1000&per_page=100")
        .await
        .is(200);
    assert_eq!(last["deployments"], json!([]));
}

#[tokio::test]
async fn a_cursor_leads_through_all_of_a_list() {
    let server = server().await;
    let mut seen = Vec::new();
    let mut next = "/api/deployments?sort=name&type=lxc&per_page=7&page=1".to_owned();
    while !next.is_empty() {
        let got = server.get(&next).await;
        let link = got.header("link").to_owned();
        let page = got.is(200);
        assert_eq!(page["total"], 36);
        assert_eq!(page["next_cursor"].is_null(), link.is_empty());
        assert_eq!(page["page"].is_null(), !seen.is_empty());
        seen.extend(names(&page).into_iter().map(str::to_owned));
        let target = link.strip_prefix('<').and_then(|link| link.split_once('>'));
        next = target.map_or_else(String::new, |(target, _)| target.to_owned());
    }
    let wanted: Vec<String> = (0..45)
        .filter(|i| i % 5 != 0)
        .map(|i| format!("rec-{i:02}"))
        .collect();
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn filters_go_together() {
    let server = server().await;
    let cases = [
        ("status=Running", 12),
        ("status=failed&type=vm", 6),
        ("framework=django", 15),
        ("framework=Django", 0),
        ("user=ana", 5),
        ("user=ana&status=running&framework=flask", 1),
        ("q=rec-1", 10),
        ("q=rec-1&status=RUNNING", 2),
        ("q=00000000-0000-4000-8000-000000000007", 1),
        ("q=00000000-0000-4000-8000-00000000000", 0),
        ("q=%25", 0),
    ];
    for (query, total) in cases {
        for sort in ["-created_at", "name", "-status"] {
            let path = format!("/api/deployments?{query}&sort={sort}&per_page=100");
            let page = server.get(&path).await.is(200);
            assert_eq!(page["total"], total, "{path}");
            assert_eq!(names(&page).len(), total, "{path}");
        }
    }
}

#[tokio::test]
async fn a_tag_is_found_whole_and_has_no_total() {
    let server = server().await;
    let page = server.get("/api/deployments?tag=web&per_page=4").await;
    assert_eq!(page.header("x-total-count"), "");
    let page = page.is(200);
    assert_eq!(names(&page), ["rec-42", "rec-35", "rec-28", "rec-21"]);
    assert_eq!(
        (&page["total"], &page["pages"]),
        (&json!(null), &json!(null))
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = server
        .get(&format!(
            "/api/deployments?tag=web&per_page=4&cursor={cursor}"
        ))
        .await
        .is(200);
    assert_eq!(names(&rest), ["rec-14", "rec-07", "rec-00"]);
    assert_eq!(rest["next_cursor"], json!(null));
    let second = server
        .get("/api/deployments?tag=web&per_page=4&page=2")
        .await
        .is(200);
    assert_eq!(names(&second), names(&rest));
    let other = server
        .get(&format!("/api/deployments?tag=prod&cursor={cursor}"))
        .await
        .is(400);
    assert_eq!(other["field"], "cursor");
}

#[tokio::test]
async fn tags_are_set_by_a_deploy_and_kept_by_the_next() {
    let server = Server::start().await;
    let url = server.repository("hello");
    let deploy = async |tags: Value| {
        let mut body = json!({"name": "hello", "github_url": url});
        if !tags.is_null() {
            body["tags"] = tags;
        }
        let got = server.json("POST", "/api/deploy?wait=true", &body).await;
        got.is(200);
        let shown = server.get("/api/deployments/hello").await.is(200);
        shown["deployment"]["tags"].clone()
    };
    assert_eq!(deploy(json!(["web", " prod ", "web"])).await, "web,prod");
    assert_eq!(deploy(json!(null)).await, "web,prod");
    assert_eq!(deploy(json!("a, b")).await, "a,b");
    assert_eq!(deploy(json!([])).await, json!(null));
    for bad in [
        json!(["a,b"]),
        json!([1]),
        json!(7),
        json!(["x".repeat(101)]),
        json!(["\u{0}"]),
    ] {
        let body = json!({"name": "hello", "github_url": url, "tags": bad});
        let answer = server.json("POST", "/api/deploy", &body).await.is(400);
        assert_eq!(answer["field"], "tags", "{answer}");
    }
}

#[tokio::test]
async fn tags_are_changed_without_a_release_on_records_too() {
    let server = server().await;
    let patch = async |body: Value| {
        let got = server.json("PATCH", "/api/deployments/rec-07", &body).await;
        got.is(200)["deployment"]["tags"].clone()
    };
    assert_eq!(patch(json!({"add_tags": ["new"]})).await, "web,prod,new");
    assert_eq!(patch(json!({"remove_tags": "web,none"})).await, "prod,new");
    assert_eq!(
        patch(json!({"tags": ["one"], "add_tags": ["two"]})).await,
        "one,two"
    );
    assert_eq!(patch(json!({"tags": []})).await, json!(null));
    let nothing = server
        .json("PATCH", "/api/deployments/rec-07", &json!({}))
        .await
        .is(400);
    assert_eq!(nothing["error"], "No data provided");
    let long: Vec<String> = (0..3).map(|i| format!("{i}{}", "x".repeat(90))).collect();
    let full = server
        .json("PATCH", "/api/deployments/rec-07", &json!({"tags": long}))
        .await;
    assert_eq!(full.is(400)["field"], "tags");
    assert_eq!(
        patch(json!({"tags": long[..2]}))
            .await
            .as_str()
            .unwrap()
            .len(),
        183
    );
    let beside = server
        .json(
            "PATCH",
            "/api/deployments/rec-07",
            &json!({"add_tags": long[2]}),
        )
        .await;
    assert_eq!(beside.is(409)["code"], "refused");
}

#[tokio::test]
async fn a_list_without_parameters_is_the_originals() {
    let server = server().await;
    let got = server.get("/api/deployments").await;
    assert_eq!(got.header("x-total-count"), "45");
    let list = got.is(200);
    assert_eq!(names(&list)[..2], ["rec-00", "rec-01"]);
    assert_eq!(list.as_object().unwrap().len(), 2, "{list}");
}
