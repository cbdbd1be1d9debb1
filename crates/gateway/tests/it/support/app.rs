//! Guests with behaviour.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use domain::guest::Upstream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub type Body = BoxBody<Bytes, Infallible>;
pub type Reply = Response<Body>;

/// An answer of this text.
pub fn text(text: impl Into<String>) -> Reply {
    Response::new(Full::from(Bytes::from(text.into())).boxed())
}

/// A guest on a port of its own; ends, with its connections, when dropped.
pub struct App {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl App {
    /// A guest that answers every request by `handler`.
    pub async fn serve<H, F>(handler: H) -> Self
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        Self::raw(move |stream| {
            let handler = handler.clone();
            async move {
                let service = service_fn(move |request| {
                    let reply = handler(request);
                    async move { Ok::<_, Infallible>(reply.await) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .with_upgrades()
                    .await;
            }
        })
        .await
    }

    /// A guest that answers every request with this text.
    pub async fn saying(words: &str) -> Self {
        let words = words.to_owned();
        Self::serve(move |_| {
            let words = words.clone();
            async move { text(words) }
        })
        .await
    }

    /// A guest that does `talk` with every connection.
    pub async fn raw<T, F>(talk: T) -> Self
    where
        T: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            let mut talks = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                talks.spawn(talk(stream));
            }
        });
        Self {
            address,
            connections,
            task,
        }
    }

    pub fn upstream(&self) -> Upstream {
        Upstream::Tcp(self.address)
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl App {
    /// A guest that answers with what it was asked: the request line, then each header as `name: value`, then an empty
    /// line and the body.
    pub async fn echo() -> Self {
        Self::serve(|request: Request<Incoming>| async move {
            let (head, body) = request.into_parts();
            let mut said = format!("{} {} {:?}\n", head.method, head.uri, head.version);
            for (name, value) in &head.headers {
                said += &format!("{name}: {}\n", value.to_str().unwrap());
            }
            said.push('\n');
            if let Ok(body) = body.collect().await {
                said += &String::from_utf8_lossy(&body.to_bytes());
            }
            text(said)
        })
        .await
    }

    /// A guest that answers every request, read to the end of its head, with these bytes and then closes.
    pub async fn answering(bytes: &'static [u8]) -> Self {
        Self::raw(move |mut stream| async move {
            while read_head(&mut stream).await.is_some() {
                let _ = stream.write_all(bytes).await;
            }
        })
        .await
    }
}

/// Reads one request head; none when the client closed.
pub async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}
