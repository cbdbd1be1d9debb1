//! Over a real socket.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::harness::{Server, in_time};

struct Serving {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

async fn serve(server: &Server) -> Serving {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let (engine, config) = (server.engine.clone(), server.config.clone());
    let task = tokio::spawn(server::serve(engine, config, listener, async {
        let _ = stopped.await;
    }));
    Serving {
        address,
        stop,
        task,
    }
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    in_time(stream.read_to_end(&mut text)).await.unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_request_is_answered() {
    let server = Server::start().await;
    let serving = serve(&server).await;
    let stream = send(
        serving.address,
        "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(rest(stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    let no_host = send(serving.address, "GET /health HTTP/1.0\r\n\r\n").await;
    assert!(rest(no_host).await.starts_with("HTTP/1.0 400"));
}

#[tokio::test]
async fn going_down_ends_streams_and_returns() {
    let server = Server::start().await;
    let serving = serve(&server).await;
    let mut events = send(
        serving.address,
        "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    .await;
    let mut head = [0; 15];
    in_time(events.read_exact(&mut head)).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    serving.stop.send(()).unwrap();
    in_time(serving.task).await.unwrap().unwrap();
    assert!(
        rest(events).await.ends_with("0\r\n\r\n"),
        "the stream ends as a whole answer"
    );
    assert!(TcpStream::connect(serving.address).await.is_err());
}

#[tokio::test]
async fn going_down_lets_waiting_clients_know() {
    let server = Server::start().await;
    let url = server.repository("hello");
    let _gate = server.world.hold(sim::Op::Create);
    let serving = serve(&server).await;
    let body = format!("{{\"name\": \"hello\", \"github_url\": \"{url}\"}}");
    let head = format!(
        "POST /api/deploy?wait=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let waiting = send(serving.address, &format!("{head}{body}")).await;
    let store = server.engine.store();
    let scope = domain::ports::Scope::Everyone;
    in_time(async {
        while store.find(&scope, "hello").await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    serving.stop.send(()).unwrap();
    in_time(serving.task).await.unwrap().unwrap();
    let answer = rest(waiting).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("goes on by itself"));
}
