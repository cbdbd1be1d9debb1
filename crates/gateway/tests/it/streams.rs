//! What takes long: big bodies, server-sent events, WebSockets.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::ports::Router;
use futures_util::{SinkExt, StreamExt};
use gateway::Limits;
use http_body_util::{BodyExt, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{App, Body, Count, Raw, Reply, TestGateway, get, label, soon, stopped, text};

const BIG: usize = 100 * 1024 * 1024;
const PIECE: usize = 64 * 1024;

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn streamed(frames: impl futures_util::Stream<Item = Bytes> + Send + Sync + 'static) -> Body {
    let frames = frames.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
    BodyExt::boxed(StreamBody::new(frames))
}

fn big() -> Body {
    let piece = Bytes::from(vec![7u8; PIECE]);
    streamed(futures_util::stream::iter(
        (0..BIG / PIECE).map(move |_| piece.clone()),
    ))
}

#[tokio::test]
async fn a_big_answer_streams_in_bounded_memory() {
    let gateway = TestGateway::start().await;
    let app = App::serve(|_| async { Response::new(big()) }).await;
    gateway.route("app", app.upstream()).await;
    let before = resident();
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.0\r\nHost: app.localhost\r\n\r\n")
        .await;
    assert!(raw.head().await.contains(" 200 "));
    let mut most = 0;
    for _ in 0..BIG / PIECE {
        assert!(raw.take(PIECE).await.iter().all(|byte| *byte == 7));
        most = most.max(resident().saturating_sub(before));
    }
    assert!(raw.rest().await.is_empty());
    // Tests beside this one in the same process take some of their own.
    assert!(most < 48 * 1024 * 1024, "{most} bytes more");
}

#[tokio::test]
async fn a_big_upload_streams_in_bounded_memory() {
    let gateway = TestGateway::start().await;
    let app = App::serve(|request| async move {
        let mut body = request.into_body();
        let mut count = 0;
        while let Some(Ok(frame)) = body.frame().await {
            count += frame.data_ref().map_or(0, Bytes::len);
        }
        text(count.to_string())
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let before = resident();
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(format!(
        "PUT / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: {BIG}\r\n\r\n"
    ))
    .await;
    let piece = vec![7u8; PIECE];
    let mut most = 0;
    for _ in 0..BIG / PIECE {
        soon(raw.send(&piece)).await;
        most = most.max(resident().saturating_sub(before));
    }
    assert_eq!(raw.answer().await.text(), BIG.to_string());
    // Tests beside this one in the same process take some of their own.
    assert!(most < 48 * 1024 * 1024, "{most} bytes more");
}

#[tokio::test]
async fn a_guest_may_answer_before_the_upload_is_over() {
    let gateway = TestGateway::start().await;
    let app = App::serve(|_| async { text("enough") }).await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("PUT / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 1000000\r\n\r\nstart")
        .await;
    assert_eq!(raw.answer().await.text(), "enough");
}

/// A guest that sends events as they are put in.
async fn events() -> (App, mpsc::Sender<Bytes>) {
    let (put, events) = mpsc::channel::<Bytes>(8);
    let events = Arc::new(std::sync::Mutex::new(Some(events)));
    let app = App::serve(move |_| {
        let events = events.lock().unwrap().take();
        async move {
            let Some(mut events) = events else {
                return text("only once");
            };
            let stream = futures_util::stream::poll_fn(move |cx| events.poll_recv(cx));
            let mut reply: Reply = Response::new(streamed(stream));
            let kind = "text/event-stream".parse().unwrap();
            reply.headers_mut().insert("content-type", kind);
            reply
        }
    })
    .await;
    (app, put)
}

#[tokio::test]
async fn events_arrive_one_by_one_and_live_on_through_a_swap() {
    let gateway = TestGateway::start().await;
    let (old, put) = events().await;
    gateway.route("app", old.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    assert!(raw.head().await.contains("text/event-stream"));
    for swapped in [false, true] {
        if swapped {
            let new = App::saying("new").await;
            gateway.route("app", new.upstream()).await;
        }
        put.send("data: x\n\n".into()).await.unwrap();
        assert_eq!(raw.line().await, "9\r\n");
        assert_eq!(raw.take(11).await, b"data: x\n\n\r\n");
    }
    let limit = Duration::from_millis(50);
    let cut = gateway.client.drain(&old.upstream(), limit).await.unwrap();
    assert_eq!(cut, 1);
    // Cut, and not ended as if it were complete.
    assert!(!raw.rest().await.ends_with(b"0\r\n\r\n"));
    let counters = gateway.client.status().await.unwrap().counters;
    assert_eq!((counters.cut, counters.aborted), (1, 0));
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_request_at_the_guest() {
    let gateway = TestGateway::start().await;
    let (app, put) = events().await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    raw.head().await;
    drop(raw);
    soon(put.closed()).await;
    gateway.status_is(|status| status.in_flight == 0).await;
}

/// A guest that echoes WebSocket messages, with its own name before them.
async fn websocket(name: &'static str, open: Count) -> App {
    App::raw(move |stream| {
        let open = open.clone();
        async move {
            let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else {
                return;
            };
            open.up();
            while let Some(Ok(message)) = socket.next().await {
                if let Ok(words) = message.to_text()
                    && message.is_text()
                {
                    let echo = Message::text(format!("{name}: {words}"));
                    if socket.send(echo).await.is_err() {
                        break;
                    }
                }
            }
            open.down();
        }
    })
    .await
}

type Socket = tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>;

async fn open(gateway: &TestGateway) -> Socket {
    let stream = tokio::net::TcpStream::connect(gateway.address)
        .await
        .unwrap();
    let (socket, response) = tokio_tungstenite::client_async("ws://app.localhost/chat", stream)
        .await
        .unwrap();
    assert_eq!(response.status(), 101);
    socket
}

async fn say(socket: &mut Socket, words: &str) -> String {
    socket.send(Message::text(words)).await.unwrap();
    let message = soon(socket.next()).await.unwrap().unwrap();
    message.into_text().unwrap().to_string()
}

#[tokio::test]
async fn websockets_talk_on_through_a_swap_until_the_drain_ends() {
    let gateway = TestGateway::start().await;
    let count = Count::new();
    let old = websocket("old", count.clone()).await;
    let new = websocket("new", Count::new()).await;
    gateway.route("app", old.upstream()).await;
    let mut socket = open(&gateway).await;
    assert_eq!(say(&mut socket, "hi").await, "old: hi");
    gateway.route("app", new.upstream()).await;
    assert_eq!(say(&mut socket, "again").await, "old: again");
    let mut second = open(&gateway).await;
    assert_eq!(say(&mut second, "hi").await, "new: hi");
    let big = "x".repeat(300_000);
    assert_eq!(say(&mut second, &big).await, format!("new: {big}"));
    assert_eq!(gateway.client.status().await.unwrap().in_flight, 2);
    let limit = Duration::from_millis(50);
    let cut = gateway.client.drain(&old.upstream(), limit).await.unwrap();
    assert_eq!(cut, 1);
    assert!(!matches!(soon(socket.next()).await, Some(Ok(_))));
    count.is(|count| *count == 0).await;
    assert_eq!(say(&mut second, "still").await, "new: still");
    drop(second);
    let over = |status: &gateway::Status| status.connections == 0 && status.in_flight == 0;
    gateway.status_is(over).await;
}

#[tokio::test]
async fn a_websocket_whose_guest_is_gone_does_not_linger() {
    let limits = Limits {
        client_stall: Duration::from_millis(50),
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let app = websocket("app", Count::new()).await;
    gateway.route("app", app.upstream()).await;
    let mut socket = open(&gateway).await;
    assert_eq!(say(&mut socket, "hi").await, "app: hi");
    drop(app);
    // The client says and closes nothing.
    let over = |status: &gateway::Status| status.connections == 0 && status.in_flight == 0;
    gateway.status_is(over).await;
    drop(socket);
}

#[tokio::test]
async fn a_guest_may_decline_a_websocket() {
    let gateway = TestGateway::start().await;
    let app = App::saying("no").await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    let switch = "GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for _ in 0..2 {
        raw.send(switch).await;
        assert_eq!(raw.answer().await.text(), "no");
    }
}

#[tokio::test]
async fn any_protocol_can_be_switched_to_and_early_bytes_are_not_lost() {
    let gateway = TestGateway::start().await;
    let app = App::raw(|mut stream| async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let head = crate::support::read_head(&mut stream).await.unwrap();
        assert!(head.contains("connection: upgrade\r\nupgrade: my-protocol/2\r\n"), "{head}");
        let _ = stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: my-protocol/2\r\n\r\nearly!")
            .await;
        let mut said = [0; 5];
        stream.read_exact(&mut said).await.unwrap();
        let _ = stream.write_all(&said).await;
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: Upgrade\r\nUpgrade: my-protocol/2\r\n\r\nhello")
        .await;
    let head = raw.head().await.to_ascii_lowercase();
    assert!(
        head.starts_with("http/1.1 101 ") && head.contains("upgrade: my-protocol/2"),
        "{head}"
    );
    assert_eq!(raw.take(11).await, b"early!hello");
    assert!(raw.rest().await.is_empty());
}

#[tokio::test]
async fn a_stopped_app_is_told_to_a_websocket_as_well() {
    let gateway = TestGateway::start().await;
    gateway
        .client
        .set(&label("app"), stopped("app"))
        .await
        .unwrap();
    let stream = tokio::net::TcpStream::connect(gateway.address)
        .await
        .unwrap();
    let refused = tokio_tungstenite::client_async("ws://app.localhost/", stream).await;
    assert!(refused.unwrap_err().to_string().contains("503"));
    assert_eq!(get(gateway.address, "app.localhost", "/").await.status, 503);
}
