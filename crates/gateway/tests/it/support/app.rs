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
