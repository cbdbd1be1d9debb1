//! The last table on disk.

use std::os::unix::fs::PermissionsExt;

use domain::guest::Upstream;
use domain::ports::{Router, RouterError};
use gateway::Limits;

use crate::support::{App, TestGateway, deploying, failed, get, label, stopped};

#[tokio::test]
async fn a_gateway_that_starts_again_serves_without_its_controller() {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    for (name, route) in [
        ("dep", deploying("dep")),
        ("sto", stopped("sto")),
        ("fai", failed("fai")),
    ] {
        gateway.client.set(&label(name), route).await.unwrap();
    }
    let helper = Upstream::Handout("/nonexistent/x.sock".into());
    gateway.route("out", helper).await;
    let dir = gateway.into_dir().await;
    let gateway = TestGateway::inside(dir, Limits::default()).await;
    assert_eq!(
        get(gateway.address, "app.localhost", "/").await.text(),
        "hello"
    );
    assert_eq!(get(gateway.address, "sto.localhost", "/").await.status, 503);
    assert_eq!(get(gateway.address, "out.localhost", "/").await.status, 502);
    assert_eq!(gateway.client.status().await.unwrap().routes, 5);
}

#[tokio::test]
async fn what_is_acknowledged_is_on_disk() {
    let gateway = TestGateway::start().await;
    for n in 0..20 {
        let name = format!("app{n}");
        let route = deploying(&name);
        gateway.client.set(&label(&name), route).await.unwrap();
        // As if it were killed now.
        let bytes = std::fs::read(gateway.dir.path().join("table.json")).unwrap();
        let table: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(table["routes"].as_object().unwrap().len(), n + 1);
    }
}

#[tokio::test]
async fn an_unreadable_table_is_set_aside() {
    for bytes in [
        &b"{\"version\":1,\"rou"[..],
        b"\0\0\0",
        b"{\"version\":9,\"routes\":{}}",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("table.json");
        std::fs::write(&file, bytes).unwrap();
        let gateway = TestGateway::inside(dir, Limits::default()).await;
        assert_eq!(gateway.client.status().await.unwrap().routes, 0);
        let aside = gateway.dir.path().join("table.json.bad");
        assert_eq!(std::fs::read(aside).unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_half_written_table_of_a_killed_gateway_does_not_count() {
    let gateway = TestGateway::start().await;
    gateway
        .client
        .set(&label("app"), stopped("app"))
        .await
        .unwrap();
    let dir = gateway.into_dir().await;
    std::fs::write(dir.path().join("table.json.new"), b"{\"version\":1,").unwrap();
    let gateway = TestGateway::inside(dir, Limits::default()).await;
    assert_eq!(get(gateway.address, "app.localhost", "/").await.status, 503);
    gateway
        .client
        .set(&label("two"), stopped("two"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_table_that_cannot_be_written_changes_nothing() {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    // A folder in the way stands for a full disk: both fail before anything was replaced.
    std::fs::create_dir(gateway.dir.path().join("table.json.new")).unwrap();
    let refused = gateway.client.set(&label("app"), stopped("app")).await;
    assert!(matches!(refused, Err(RouterError::Refused(why)) if why.contains("stay as they were")));
    assert_eq!(
        get(gateway.address, "app.localhost", "/").await.text(),
        "hello"
    );
    std::fs::remove_dir(gateway.dir.path().join("table.json.new")).unwrap();
    gateway
        .client
        .set(&label("app"), stopped("app"))
        .await
        .unwrap();
    assert_eq!(get(gateway.address, "app.localhost", "/").await.status, 503);
}

#[tokio::test]
async fn the_socket_of_a_killed_gateway_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o700)).unwrap();
    // A dead socket leaves its name.
    drop(std::os::unix::net::UnixListener::bind(run.join("gateway.sock")).unwrap());
    let gateway = TestGateway::inside(dir, Limits::default()).await;
    assert_eq!(gateway.client.status().await.unwrap().routes, 0);
}
