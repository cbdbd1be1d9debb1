//! Deploying for real: engine, database, a simulated driver.

use std::time::Duration;

use serde_json::{Value, json};
use server::Patience;
use sim::Op;

use crate::harness::{Server, in_time};

fn releases(answer: &Value) -> Vec<(u64, String)> {
    let list = answer["releases"].as_array().unwrap().iter();
    list.map(|r| {
        (
            r["version"].as_u64().unwrap(),
            r["status"].as_str().unwrap().to_owned(),
        )
    })
    .collect()
}

#[tokio::test]
async fn a_deploy_is_taken_at_once_and_ends_running() {
    let server = Server::start().await;
    let url = server.repository("hello");
    let body = json!({"name": "hello", "github_url": url});
    let got = server.json("POST", "/api/deploy", &body).await;
    let location = got.header("location").to_owned();
    let answer = got.is(202);
    assert_eq!(
        (&answer["success"], &answer["release"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(answer["deployment"]["name"], "hello");
    let id = answer["deployment"]["id"].as_str().unwrap();
    assert_eq!(location, format!("/api/deployments/{id}"));
    let id = id.parse().unwrap();
    let release = server
        .engine
        .store()
        .releases(&id, 1)
        .await
        .unwrap()
        .remove(0);
    in_time(server.engine.wait_for_release(&release.id))
        .await
        .unwrap();

    let shown = server.get(&location).await.is(200);
    let shown = &shown["deployment"];
    assert_eq!(shown["status"], "running");
    assert_eq!(shown["url"], "http://hello.localhost:8080");
    assert_eq!(shown["release"], json!({"version": 1, "status": "serving"}));
    assert_eq!(
        (&shown["driver"], &shown["managed"]),
        (&json!("local"), &json!(true))
    );
    assert!(shown["commit"].as_str().unwrap().len() == 40);
    assert!(shown["created_at"].as_str().unwrap().len() == "2026-11-22T08:30:38.672045".len());
    let by_name = server.get("/api/deployments/HELLO").await.is(200);
    assert_eq!(by_name["deployment"]["id"], shown["id"]);
    let stats = server.get("/api/stats").await.is(200);
    assert_eq!(stats["stats"]["success_rate"], 100.0);
}

#[tokio::test]
async fn waiting_answers_as_the_original_did() {
    let server = Server::start().await;
    let url = server.repository("hello");
    let body = json!({"name": "hello", "github_url": url});
    let got = in_time(server.json("POST", "/api/deploy?wait=true", &body)).await;
    let answer = got.is(200);
    assert_eq!(answer["message"], "Application deployed successfully");
    let deployment = &answer["deployment"];
    assert_eq!(deployment["status"], "running");
    assert_eq!(deployment["access_url"], "http://hello.localhost:8080");
    let keys: Vec<&String> = deployment.as_object().unwrap().keys().collect();
    let original = [
        "id",
        "name",
        "ip_address",
        "vm_id",
        "status",
        "framework",
        "access_url",
    ];
    assert_eq!(keys, original);
}

#[tokio::test]
async fn a_failed_build_is_the_apps_fault_and_tells_the_story() {
    let server = Server::start().await;
    let url = server.broken("broken", &["ERROR: no such package"]);
    let body = json!({"name": "broken", "github_url": url});
    let got = in_time(server.json("POST", "/api/deploy?wait=true", &body)).await;
    let answer = got.is(422);
    assert_eq!(
        (&answer["code"], &answer["kind"]),
        (&json!("app_failed"), &json!("build"))
    );
    assert!(
        answer["details"]
            .as_str()
            .unwrap()
            .contains("no such package"),
        "{answer}"
    );
    let shown = server.get("/api/deployments/broken").await.is(200);
    assert_eq!(shown["deployment"]["status"], "failed");
    let list = server.get("/api/deployments/broken/releases").await.is(200);
    assert_eq!(releases(&list), [(1, "failed".to_owned())]);
    assert_eq!(list["releases"][0]["error_kind"], "build");
    let log = server
        .get("/api/deployments/broken/logs?build=true")
        .await
        .is(200);
    assert!(
        log["logs"].as_str().unwrap().contains("no such package"),
        "{log}"
    );
}

#[tokio::test]
async fn a_name_is_held_against_another_repository() {
    let server = Server::start().await;
    server.deployed("hello").await;
    let other = server.repository("other");
    let body = json!({"name": "hello", "github_url": other});
    let answer = server.json("POST", "/api/deploy", &body).await.is(409);
    assert_eq!(answer["code"], "name_taken");
    assert!(
        answer["error"]
            .as_str()
            .unwrap()
            .contains("git.example/hello")
    );
    assert!(
        answer["details"]
            .as_str()
            .unwrap()
            .contains("replace_source")
    );
    let body = json!({"name": "hello", "github_url": other, "replace_source": true});
    let got = in_time(server.json("POST", "/api/deploy?wait=true", &body)).await;
    assert_eq!(got.is(200)["release"], 2);
}

#[tokio::test]
async fn env_changes_make_releases_and_values_stay_hidden() {
    let server = Server::start().await;
    server.deployed("hello").await;
    let wild = "a'b\"; $(touch /tmp/x) `id`";
    let path = "/api/deployments/hello/env";
    let body = json!({"env": {"TOKEN": wild, "LEVEL": "info"}});
    let got = in_time(server.json("PATCH", &format!("{path}?wait=true"), &body)).await;
    assert_eq!(got.is(200)["release"], 2);
    let hidden = server.get(path).await.is(200);
    assert_eq!(
        hidden["env"],
        json!({"LEVEL": "********", "TOKEN": "********"})
    );
    let shown = server.get(&format!("{path}?show=true")).await.is(200);
    assert_eq!(shown["env"]["TOKEN"], wild);
    let body = json!({"env": {"LEVEL": null}});
    in_time(server.json("PATCH", &format!("{path}?wait=true"), &body))
        .await
        .is(200);
    let left = server.get(path).await.is(200);
    assert_eq!(left["env"], json!({"TOKEN": "********"}));
    let same = server
        .json("PATCH", path, &json!({"env": {"LEVEL": null}}))
        .await
        .is(409);
    assert_eq!(same["code"], "refused");
    for bad in [json!({}), json!({"env": {}})] {
        assert_eq!(
            server.json("PATCH", path, &bad).await.is(400)["error"],
            "No data provided"
        );
    }
    let reserved = server
        .json("PATCH", path, &json!({"env": {"PORT": "1"}}))
        .await
        .is(400);
    assert!(reserved["errors"][0].as_str().unwrap().contains("PORT"));
}

#[tokio::test]
async fn rollback_and_redeploy_make_releases() {
    let server = Server::start().await;
    server.deployed("hello").await;
    let of = |action: &str| format!("/api/deployments/hello/{action}?wait=true");
    let again = in_time(server.json("POST", &of("redeploy"), &json!({})))
        .await
        .is(200);
    assert_eq!(again["release"], 2);
    let back = in_time(server.json("POST", &of("rollback"), &json!({"version": "v1"})))
        .await
        .is(200);
    assert_eq!(back["release"], 3);
    assert_eq!(back["deployment"]["release"]["status"], "serving");
    let list = server.get("/api/deployments/hello/releases").await.is(200);
    let expected = [(3, "serving"), (2, "kept"), (1, "kept")].map(|(v, s)| (v, s.to_owned()));
    assert_eq!(releases(&list), expected);
    assert_eq!(list["releases"][0]["cause"], "rollback");
    let one = server
        .get("/api/deployments/hello/releases?limit=1")
        .await
        .is(200);
    assert_eq!(one["releases"].as_array().unwrap().len(), 1);
    let nowhere = server
        .json("POST", &of("rollback"), &json!({"version": 99}))
        .await
        .is(404);
    assert!(nowhere["error"].as_str().unwrap().contains("v99"));
    let bad = server
        .json("POST", &of("rollback"), &json!({"version": "latest"}))
        .await
        .is(400);
    assert_eq!(bad["field"], "version");
}

#[tokio::test]
async fn resources_change_without_a_build_and_are_completed() {
    let server = Server::start().await;
    server.deployed("hello").await;
    let path = "/api/deployments/hello/redeploy?wait=true";
    let body = json!({"resources": {"memory": 512}});
    in_time(server.json("POST", path, &body)).await.is(200);
    let list = server.get("/api/deployments/hello/releases").await.is(200);
    assert_eq!(list["releases"][0]["cause"], "resources");
    let shown = server.get("/api/deployments/hello").await.is(200);
    let expected = json!({"cores": 1, "memory": 512, "disk": 10});
    assert_eq!(shown["deployment"]["resources"], expected);
    let bad = server
        .json("POST", path, &json!({"resources": {"memory": 1}}))
        .await
        .is(400);
    assert_eq!(
        bad["errors"],
        json!(["Memory must be between 256 and 16384 MB"])
    );
}

#[tokio::test]
async fn stop_and_start() {
    let server = Server::start().await;
    server.deployed("hello").await;
    for (action, status) in [
        ("stop", "stopped"),
        ("start", "running"),
        ("restart", "running"),
    ] {
        let path = format!("/api/deployments/hello/{action}?wait=true");
        let answer = in_time(server.ask("POST", &path)).await.is(200);
        assert_eq!(answer["deployment"]["status"], status, "{action}");
    }
}

#[tokio::test]
async fn a_deploy_under_way_can_be_cancelled() {
    let server = Server::start().await;
    let url = server.repository("hello");
    let gate = server.world.hold(Op::Create);
    let body = json!({"name": "hello", "github_url": url});
    server.json("POST", "/api/deploy", &body).await.is(202);
    let answer = server
        .ask("POST", "/api/deployments/hello/cancel")
        .await
        .is(202);
    assert_eq!(answer["message"], "Cancelling v1");
    drop(gate);
    let path = "/api/deployments/hello/cancel?wait=true";
    let over = in_time(server.ask("POST", path)).await;
    assert_eq!(over.status.as_u16(), 200, "{}", over.text);
    let list = server.get("/api/deployments/hello/releases").await.is(200);
    assert_eq!(releases(&list), [(1, "cancelled".to_owned())]);
}

#[tokio::test]
async fn delete_answers_when_the_guests_are_gone_and_again() {
    let server = Server::start().await;
    let id = server.deployed("hello").await;
    let gone = json!({"success": true, "message": "Deployment deleted successfully"});
    for key in ["hello", "hello", id.as_str()] {
        let got = in_time(server.ask("DELETE", &format!("/api/deployments/{key}"))).await;
        assert_eq!(got.is(200), gone, "{key}");
    }
    server.world.expect().check();
    let list = server.get("/api/deployments").await.is(200);
    assert_eq!(list["deployments"], json!([]));
    let all = server.get("/api/deployments?deleted=true").await;
    assert_eq!(all.header("x-total-count"), "1");
    let row = &all.is(200)["deployments"][0];
    assert_eq!(
        (&row["status"], &row["url"]),
        (&json!("deleted"), &json!(null))
    );
    let only = server.get("/api/deployments?status=DELETED").await.is(200);
    assert_eq!(only["deployments"].as_array().unwrap().len(), 1);
    let stop = server
        .ask("POST", "/api/deployments/hello/stop")
        .await
        .is(404);
    assert_eq!(stop["error"], "Deployment not found");
}

#[tokio::test]
async fn a_delete_that_takes_long_is_202_and_goes_on() {
    let mut server = Server::start().await;
    server.with_patience(Patience {
        destroy: Duration::from_millis(50),
        ..Patience::default()
    });
    server.deployed("hello").await;
    let gate = server.world.hold(Op::Destroy);
    let answer = in_time(server.ask("DELETE", "/api/deployments/hello"))
        .await
        .is(202);
    assert_eq!(answer["message"], "Deployment is being deleted");
    gate.open();
    let gone = in_time(async {
        loop {
            let got = server.ask("DELETE", "/api/deployments/hello").await;
            if got.status.as_u16() != 202 {
                break got;
            }
        }
    });
    assert_eq!(
        gone.await.is(200)["message"],
        "Deployment deleted successfully"
    );
}

#[tokio::test]
async fn a_start_that_fails_is_the_apps_fault() {
    let server = Server::start().await;
    server.deployed("hello").await;
    in_time(server.ask("POST", "/api/deployments/hello/stop?wait=true"))
        .await
        .is(200);
    server.world.app("hello").dies(1);
    let got = in_time(server.ask("POST", "/api/deployments/hello/start?wait=true")).await;
    let answer = got.is(422);
    assert_eq!(answer["code"], "app_failed");
    assert!(!answer["details"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn no_room_refuses_the_deploy_with_the_cure() {
    let server = Server::start().await;
    let url = server.repository("hello");
    server.world.fill(true);
    let body = json!({"name": "hello", "github_url": url});
    let answer = server.json("POST", "/api/deploy", &body).await.is(507);
    assert_eq!(answer["code"], "capacity");
    assert!(!answer["details"].as_str().unwrap().is_empty());
    assert_eq!(
        server.get("/api/deployments").await.is(200)["deployments"],
        json!([])
    );
}

#[tokio::test]
async fn lists_are_paged() {
    let server = Server::start().await;
    for name in ["one", "two", "three"] {
        server.deployed(name).await;
    }
    let names = |answer: &Value| -> Vec<String> {
        let rows = answer["deployments"].as_array().unwrap().iter();
        rows.map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = server.get("/api/deployments").await.is(200);
    assert_eq!(names(&all), ["one", "two", "three"]);
    let newest = server.get("/api/deployments?limit=2").await;
    assert_eq!(newest.header("x-total-count"), "3");
    let link = newest.header("link").to_owned();
    assert_eq!(names(&newest.is(200)), ["two", "three"]);
    let next = link
        .strip_prefix('<')
        .and_then(|link| link.split_once('>'))
        .unwrap()
        .0;
    let older = server.get(next).await;
    assert_eq!(older.header("link"), "");
    assert_eq!(names(&older.is(200)), ["one"]);
}

#[tokio::test]
async fn the_apps_log_comes_as_the_originals_json() {
    let server = Server::start().await;
    server.deployed("hello").await;
    server.world.app("hello").prints("first").prints("second");
    let path = "/api/deployments/hello/logs";
    let log = server.get(path).await.is(200);
    assert!(
        log["logs"].as_str().unwrap().ends_with("first\nsecond"),
        "{log}"
    );
    let last = server.get(&format!("{path}?n=1")).await.is(200);
    assert_eq!(last["logs"], "second");
    server.get(&format!("{path}?release=v9")).await.is(404);
    let bad = server.get(&format!("{path}?since=soon")).await.is(400);
    assert_eq!(bad["field"], "since");
}
