//! What nobody asked for: panics, clients that stall, secrets near the log.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use serde_json::json;
use server::Patience;
use sim::Op;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{Server, in_time};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// Everything this thread traces, down to the last detail of our own crates.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_reaches_the_log() {
    let log = Log::default();
    let _listening = log.listen();
    let server = Server::start().await;
    let url = server.repository("hello");
    let secret = "hunter2-hunter2-hunter2";
    let body = json!({"name": "hello", "github_url": url, "env_vars": {"TOKEN": secret}});
    in_time(server.json("POST", "/api/deploy?wait=true", &body))
        .await
        .is(200);
    let body = json!({"env": {"TOKEN": format!("{secret}-2"), "1BAD": secret}});
    server
        .json("PATCH", "/api/deployments/hello/env", &body)
        .await
        .is(400);
    server
        .raw(
            "POST",
            "/api/deploy",
            format!("{{\"env_vars\": {{\"A\": \"{secret}\" }}"),
        )
        .await
        .is(400);
    server
        .get(&format!("/api/deployments/hello/env?show=true&x={secret}"))
        .await
        .is(200);
    let text = log.text();
    assert!(
        text.contains("/api/deployments/hello/env"),
        "requests are logged: {text}"
    );
    assert!(!text.contains(secret), "{text}");
}

#[tokio::test]
async fn a_panic_is_an_answer_with_a_reference() {
    let log = Log::default();
    let _listening = log.listen();
    let server = Server::start().await;
    server.deployed("hello").await;
    server.world.on_call(|boundary| {
        assert!(
            boundary.op != Op::Logs,
            "a test panics here: secret-in-a-panic"
        )
    });
    let answer = server.get("/api/deployments/hello/logs").await.is(500);
    assert_eq!(answer["error"], "Internal server error");
    assert_eq!(answer["success"], false);
    let reference = answer["reference"].as_str().unwrap();
    assert!(log.text().contains(reference));
    assert!(!answer.to_string().contains("secret-in-a-panic"));
    server.get("/health").await.is(200);
}

/// What a server of little patience answers to a client that sends this and then nothing.
async fn stalls(head: &str) -> String {
    let server = Server::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let patience = Patience {
        head: Duration::from_millis(100),
        request: Duration::from_millis(100),
        ..Patience::default()
    };
    let (engine, config) = (server.engine.clone(), server.config.clone());
    let never = std::future::pending();
    let serving = tokio::spawn(server::serve_with(
        engine, config, patience, listener, never,
    ));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    in_time(stream.read_to_string(&mut text)).await.unwrap();
    serving.abort();
    text
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let text = stalls("GET /health HTTP/1.1\r\nHost: localh").await;
    assert!(!text.contains("200"), "{text}");
}

#[tokio::test]
async fn a_body_that_never_comes_is_answered() {
    let head = "POST /api/deploy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let text = stalls(head).await;
    assert!(text.starts_with("HTTP/1.1 503"), "{text}");
    assert!(
        text.contains("too_slow") && text.contains("retry-after"),
        "{text}"
    );
}

#[tokio::test]
async fn those_who_wait_leave_room_for_the_others() {
    let server = Server::start().await;
    let url = server.repository("hello");
    let gate = server.world.hold(Op::Create);
    let body = json!({"name": "hello", "github_url": url});
    server.json("POST", "/api/deploy", &body).await.is(202);
    in_time(gate.reached()).await;
    // So that no cancel is over before all wait: undoing takes its time.
    let undoing = server.world.hold(Op::Destroy);
    let path = "/api/deployments/hello/cancel?wait=true";
    // Tasks, as connections are: a future that nobody polls would hold what it has of the database.
    let mut waiting = JoinSet::new();
    let refused = in_time(async {
        loop {
            let request = Server::request("POST", path).body(Body::empty()).unwrap();
            waiting.spawn(server.router.clone().oneshot(request));
            assert!(waiting.len() < 10_000, "there is no bound");
            tokio::task::yield_now().await;
            if let Some(got) = waiting.try_join_next() {
                break got.unwrap().unwrap();
            }
        }
    });
    assert_eq!(refused.await.status().as_u16(), 503);
    in_time(server.get("/api/deployments/hello")).await.is(200);
    drop((gate, undoing));
    for got in in_time(waiting.join_all()).await {
        let status = got.unwrap().status().as_u16();
        assert!(matches!(status, 200 | 503), "{status}");
    }
}
