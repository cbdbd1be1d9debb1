//! The life of the server itself: what it refuses, what outlives it, how it ends.

use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::harness::{World, free_port};
use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateway_outlives_the_server_and_is_taken_over() {
    let mut server = Server::start().await;
    let gateway = server.gateway_pid();
    assert_eq!(server.down(Signal::SIGTERM), Some(0));
    assert_eq!(server.get("nobody", "/").await.0, 404);
    server.up().await;
    assert_eq!(server.gateway_pid(), gateway);
    server.down(Signal::SIGKILL);
    server.up().await;
    assert_eq!(server.gateway_pid(), gateway);
    // Another address is another gateway: the old one ends.
    server.down(Signal::SIGTERM);
    server.move_gateway(free_port());
    server.up().await;
    assert_ne!(server.gateway_pid(), gateway);
    assert_eq!(server.get("nobody", "/").await.0, 404);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_never_share_a_data_folder() {
    let server = Server::start().await;
    let listen = format!("127.0.0.1:{}", free_port());
    let ran = server.run(&["serve", "--listen", &listen]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("Another server"), "{}", ran.stderr);
    server.end().await;
}

/// A server that is not to come up: settings and what it says.
fn refused(settings: &[(&str, String)]) -> crate::harness::Ran {
    let mut world = World::new();
    let own = [
        ("HAVRE_LISTEN", format!("127.0.0.1:{}", free_port())),
        ("HAVRE_GATEWAY", format!("127.0.0.1:{}", free_port())),
        (
            "HAVRE_DATA_DIR",
            world.work().join("data").display().to_string(),
        ),
    ];
    for (name, value) in own.iter().chain(settings) {
        world.env.insert((*name).to_owned(), value.clone());
    }
    world.run(&["serve"])
}

#[test]
fn addresses_that_are_taken_are_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for name in ["HAVRE_LISTEN", "HAVRE_GATEWAY"] {
        let ran = refused(&[(name, address.clone())]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(&address) && ran.stderr.contains(name),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_told_without_the_password() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let url = format!("postgresql://havre:hunter2@127.0.0.1:{port}/havre");
    let ran = refused(&[("DATABASE_URL", url)]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let shown = format!("postgresql://havre@127.0.0.1:{port}/havre");
    assert!(
        ran.stderr.contains(&shown) && !ran.stderr.contains("hunter2"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_this_version_has_not_is_told() {
    let ran = refused(&[("HAVRE_DRIVER", "proxmox".to_owned())]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("Proxmox"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_key_is_told_before_anything_is_done() {
    let mut server = Server::start().await;
    server.down(Signal::SIGTERM);
    let key = std::path::Path::new(&server.world.env["HAVRE_DATA_DIR"]).join("secret.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let ran = server.run(&["serve"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("secret.key"), "{}", ran.stderr);
    assert!(!key.exists(), "no other key may take its place");
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    server.up().await;
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systemd_is_told_when_it_is_ready_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let hear = || {
        let mut heard = [0; 64];
        let length = socket.recv(&mut heard).unwrap();
        String::from_utf8_lossy(&heard[..length]).into_owned()
    };
    let path = path.display().to_string();
    let mut server = Server::start_with(&[("NOTIFY_SOCKET", path)]).await;
    assert_eq!(hear(), "READY=1");
    server.down(Signal::SIGINT);
    assert_eq!(hear(), "STOPPING=1");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_sees_the_server_and_its_parts() {
    let server = Server::start().await;
    let report: serde_json::Value =
        serde_json::from_str(&server.run(&["doctor", "--json"]).stdout).unwrap();
    let state = |name: &str| {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        check["state"].as_str().unwrap().to_owned()
    };
    for part in ["server", "database", "gateway", "API port", "gateway port"] {
        assert_eq!(state(part), "ok", "{part}: {report:#}");
    }
    server.end().await;
}
