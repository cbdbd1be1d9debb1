//! The control socket: only for its owner, one gateway each, and robust to garbage.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use domain::guest::Upstream;
use domain::ports::{Router, RouterError, Table};
use gateway::{Gateway, GatewayClient, GatewayError, Limits};
use rstest::rstest;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::support::{App, TestGateway, config, deploying, get, label, serving, soon};

async fn connect(gateway: &TestGateway) -> BufReader<UnixStream> {
    let path = gateway.dir.path().join("run/gateway.sock");
    BufReader::new(UnixStream::connect(path).await.unwrap())
}

async fn say(socket: &mut BufReader<UnixStream>, line: &[u8]) -> String {
    socket.write_all(line).await.unwrap();
    socket.write_all(b"\n").await.unwrap();
    let mut answer = String::new();
    soon(socket.read_line(&mut answer)).await.unwrap();
    answer
}

#[rstest]
#[case(b"", "control protocol")]
#[case(b"hello", "control protocol")]
#[case(b"\xff\xfe\x00", "control protocol")]
#[case(b"{}", "no version")]
#[case(b"[1,2]", "no version")]
#[case(br#"{"v":1}"#, "method")]
#[case(br#"{"v":1,"method":"shutdown"}"#, "unknown variant")]
#[case(br#"{"v":2,"method":"status"}"#, "version 2")]
#[case(
    br#"{"v":1,"method":"set","label":"../etc","route":null}"#,
    "Invalid deployment name"
)]
#[case(
    br#"{"v":1,"method":"set","label":"app","route":{"name":"app","state":"gone"}}"#,
    "unknown variant"
)]
#[case(
    br#"{"v":1,"method":"replace","table":{"UPPER":{"name":"x","state":"failed"}}}"#,
    "Invalid deployment name"
)]
#[tokio::test]
async fn garbage_is_answered_and_changes_nothing(#[case] line: &[u8], #[case] says: &str) {
    let gateway = TestGateway::start().await;
    gateway
        .client
        .set(&label("app"), deploying("app"))
        .await
        .unwrap();
    let mut socket = connect(&gateway).await;
    let answer = say(&mut socket, line).await;
    assert!(
        answer.starts_with(r#"{"refused":"#) && answer.contains(says),
        "{answer}"
    );
    // The same connection goes on.
    let answer = say(&mut socket, br#"{"v":1,"method":"status"}"#).await;
    assert!(answer.contains(r#""routes":1"#), "{answer}");
}

#[tokio::test]
async fn lines_without_end_and_half_lines_end_the_connection_only() {
    let gateway = TestGateway::start().await;
    let mut half = connect(&gateway).await;
    half.write_all(br#"{"v":1,"#).await.unwrap();
    half.shutdown().await.unwrap();
    let mut rest = String::new();
    soon(half.read_to_string(&mut rest)).await.unwrap();
    assert_eq!(rest, "");
    let mut endless = connect(&gateway).await;
    let piece = vec![b'x'; 1024 * 1024];
    let mut sent = 0;
    while sent < 64 && soon(endless.write_all(&piece)).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 20, "{sent} MiB were taken for one line");
    assert_eq!(gateway.client.status().await.unwrap().routes, 0);
}

#[tokio::test]
async fn only_the_owner_reaches_it() {
    let gateway = TestGateway::start().await;
    let mode = |path: &str| {
        let path = gateway.dir.path().join(path);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("run"), 0o700);
    assert_eq!(mode("run/gateway.sock"), 0o600);
    gateway
        .client
        .set(&label("app"), deploying("app"))
        .await
        .unwrap();
    assert_eq!(mode("table.json"), 0o600);
}

#[tokio::test]
async fn a_folder_that_others_can_write_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o777)).unwrap();
    let config = config(dir.path().to_owned(), Limits::default());
    let error = Gateway::open(config).await.err().unwrap();
    assert!(error.to_string().contains("chmod 700"), "{error}");
}

#[tokio::test]
async fn a_second_gateway_gives_way() {
    let gateway = TestGateway::start().await;
    let second = config(gateway.dir.path().to_owned(), Limits::default());
    let error = gateway::run(second, std::future::pending())
        .await
        .unwrap_err();
    assert!(matches!(error, GatewayError::AlreadyRunning(_)), "{error}");
    assert!(error.to_string().contains("already runs"));
    assert_eq!(
        gateway.client.status().await.unwrap().pid,
        std::process::id()
    );
}

#[tokio::test]
async fn an_address_in_use_is_told() {
    let gateway = TestGateway::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path().to_owned(), Limits::default());
    config.listen = gateway.address;
    let error = gateway::run(config, std::future::pending())
        .await
        .unwrap_err();
    assert!(matches!(error, GatewayError::Listen { .. }), "{error}");
}

#[tokio::test]
async fn control_sockets_at_long_paths_work() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path().to_owned(), Limits::default());
    config.control = dir.path().join("c".repeat(200)).join("gateway.sock");
    let client = GatewayClient::new(config.control.clone());
    let gateway = Gateway::open(config).await.unwrap();
    let serving = tokio::spawn(gateway.serve(std::future::pending()));
    assert_eq!(client.status().await.unwrap().routes, 0);
    serving.abort();
}

#[tokio::test]
async fn without_a_gateway_the_client_says_unavailable() {
    let dir = tempfile::tempdir().unwrap();
    let client = GatewayClient::new(dir.path().join("gateway.sock"));
    let upstream = Upstream::Tcp("127.0.0.1:1".parse().unwrap());
    let errors = [
        client.set(&label("app"), None).await.unwrap_err(),
        client.replace(&Table::new()).await.unwrap_err(),
        client.drain(&upstream, Duration::ZERO).await.unwrap_err(),
        client.status().await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, RouterError::Unavailable(_)), "{error}");
    }
    // One that takes the connection and closes it is not there either.
    let listener = UnixListener::bind(dir.path().join("gateway.sock")).unwrap();
    let (error, _) = tokio::join!(client.status(), async { drop(listener.accept().await) });
    assert!(matches!(error, Err(RouterError::Unavailable(_))));
}

#[tokio::test]
async fn set_and_replace_change_what_they_say_and_nothing_else() {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    let client = &gateway.client;
    for name in ["one", "two"] {
        gateway.route(name, app.upstream()).await;
        gateway.route(name, app.upstream()).await;
    }
    client.set(&label("one"), None).await.unwrap();
    client.set(&label("one"), None).await.unwrap();
    assert_eq!(get(gateway.address, "one.localhost", "/").await.status, 404);
    assert_eq!(get(gateway.address, "two.localhost", "/").await.status, 200);
    let three = serving("three", app.upstream()).unwrap();
    let table = Table::from([(label("three"), three)]);
    client.replace(&table).await.unwrap();
    assert_eq!(get(gateway.address, "two.localhost", "/").await.status, 404);
    assert_eq!(
        get(gateway.address, "three.localhost", "/").await.status,
        200
    );
    assert_eq!(client.status().await.unwrap().routes, 1);
}

#[tokio::test]
async fn an_unchanged_guest_keeps_its_connections_when_the_table_is_replaced() {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    get(gateway.address, "app.localhost", "/").await;
    let mut table = Table::from([(label("app"), serving("app", app.upstream()).unwrap())]);
    table.insert(label("new"), deploying("new").unwrap());
    gateway.client.replace(&table).await.unwrap();
    get(gateway.address, "app.localhost", "/").await;
    assert_eq!(app.connections(), 1);
}
