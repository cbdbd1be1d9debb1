//! Serving over a socket: HTTP/1 only, a bounded number of connections, slow heads cut, and a graceful end.

use std::future::Future;
use std::io;
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

use crate::ServerConfig;
use crate::router::build;
use crate::state::App;

/// Connections at once; further ones wait in the backlog of the socket.
const CONNECTIONS: usize = 1024;
/// How long the head of a request may take; idle connections end after it too.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long requests under way may take once the server goes down.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
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
    let address = listener.local_addr()?;
    tracing::info!(%address, "the API listens");
    let closing = CancellationToken::new();
    let router = build(App::new(engine, config, closing.clone()));
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            (stream, permit) = accept(&listener, &room) => {
                tokio::spawn(connection(stream, router.clone(), connections.watcher(), permit));
            }
        }
    }
    drop(listener);
    closing.cancel();
    if tokio::time::timeout(LAST_REQUESTS, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were cut at the end");
    }
    Ok(())
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

async fn connection(
    stream: TcpStream,
    router: Router,
    watcher: Watcher,
    _permit: Option<OwnedSemaphorePermit>,
) {
    // Small answers and events go out at once.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN);
    let served = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(%error, "a connection ended");
    }
}
