//! Serving over a socket: HTTP/1 only, a bounded number of connections, slow heads cut, and a graceful end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use engine::Engine;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::router::build;
use crate::state::App;
use crate::{Patience, ServerConfig};

/// Connections at once; further ones wait in the backlog of the socket.
const CONNECTIONS: usize = 1024;
/// A pause after the machine refused a connection (out of descriptors), so that the loop does not spin.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Serves until `shutdown` is over: then streams and waits end, requests under way finish, and it returns.
///
/// # Errors
/// When the socket cannot be used at all.
pub async fn serve(
    engine: Engine,
    config: ServerConfig,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_with(engine, config, Patience::default(), listener, shutdown).await
}

/// As [`serve`], with other bounds.
///
/// # Errors
/// As [`serve`].
pub async fn serve_with(
    engine: Engine,
    config: ServerConfig,
    patience: Patience,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    announce(listener.local_addr()?);
    let closing = CancellationToken::new();
    let router = build(App::new(engine, config, patience, closing.clone()));
    let connections = GracefulShutdown::new();
    tokio::select! {
        biased;
        () = shutdown => {}
        () = take_all(&listener, &router, &connections, patience.head) => {}
    }
    drop(listener);
    closing.cancel();
    finish(connections, patience.last_requests).await;
    Ok(())
}

fn announce(address: SocketAddr) {
    tracing::info!(%address, "the API listens");
}

/// Takes connections for ever.
async fn take_all(
    listener: &TcpListener,
    router: &Router,
    connections: &GracefulShutdown,
    head: Duration,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let (stream, permit) = accept(listener, &room).await;
        let served = connection(stream, router.clone(), connections.watcher(), head);
        tokio::spawn(async move {
            let _held = permit;
            served.await;
        });
    }
}

/// Requests under way finish, within this bound.
async fn finish(connections: GracefulShutdown, within: Duration) {
    let done = tokio::time::timeout(within, connections.shutdown());
    if done.await.is_err() {
        tracing::warn!("requests were cut at the end");
    }
}

/// The next connection, once there is room for it. A refusal of the machine is no reason to end.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so a permit always comes.
    let permit = room.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                tracing::warn!(%error, "a connection was refused");
                tokio::time::sleep(AFTER_REFUSAL).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, watcher: Watcher, head: Duration) {
    // Small answers and events go out at once.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head);
    let served = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(%error, "a connection ended");
    }
}
