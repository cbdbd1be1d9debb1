//! Accepting clients: as many as are allowed, the rest is told to come back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use nix::sys::socket::{setsockopt, sockopt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::config::Limits;
use crate::connection;
use crate::hook::Hooks;
use crate::metrics::Metrics;
use crate::routes::Routes;
use crate::text;

/// What all connections share.
pub struct Shared {
    /// The table.
    pub routes: Routes,
    /// Apps are served at `LABEL.base_domain`.
    pub base_domain: String,
    /// The bounds.
    pub limits: Limits,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// How HTTP is spoken with clients.
    pub http: http1::Builder,
    /// The live client connections.
    pub clients: Arc<Hooks>,
    /// The tasks of connections.
    pub tasks: TaskTracker,
}

/// Refusals under way at once; beyond them connections are just closed.
const REFUSALS: usize = 64;
/// How long a refused client may take to send its head and read the answer.
const REFUSAL: Duration = Duration::from_secs(1);
/// How long to wait when the process has no descriptors left.
const EXHAUSTED: Duration = Duration::from_millis(50);
/// A vanished client is noticed after about this long in seconds, and again per probe.
const KEEP_ALIVE: (u32, u32) = (60, 15);

/// Accepts for ever.
pub async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    let slots = Arc::new(Semaphore::new(shared.limits.connections));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_client(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "no client can be accepted; trying again");
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        if let Ok(permit) = Arc::clone(&slots).try_acquire_owned() {
            shared.metrics.accepted.up();
            prepare(&stream, peer);
            let task = connection::serve(Arc::clone(&shared), stream, peer, permit);
            shared.tasks.spawn(task);
            continue;
        }
        shared.metrics.refused.up();
        if let Ok(permit) = Arc::clone(&refusals).try_acquire_owned() {
            shared.tasks.spawn(async move {
                // Whether the client hears of it is its own affair.
                let _ = tokio::time::timeout(REFUSAL, refuse(stream)).await;
                drop(permit);
            });
        }
    }
}

fn is_of_one_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as K;
    matches!(
        error.kind(),
        K::ConnectionAborted | K::ConnectionReset | K::ConnectionRefused
    )
}

fn prepare(stream: &TcpStream, peer: SocketAddr) {
    let set = || -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        setsockopt(stream, sockopt::KeepAlive, &true)?;
        setsockopt(stream, sockopt::TcpKeepIdle, &KEEP_ALIVE.0)?;
        setsockopt(stream, sockopt::TcpKeepInterval, &KEEP_ALIVE.1)?;
        Ok(())
    };
    if let Err(error) = set() {
        tracing::debug!(%error, %peer, "socket options were refused");
    }
}

/// Answers 503. What the client sent is read first: closing a socket with unread bytes resets it, and the answer is lost.
async fn refuse(mut stream: TcpStream) -> std::io::Result<()> {
    let mut ignored = [0u8; 4096];
    let _ = stream.read(&mut ignored).await?;
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: 1\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{}",
        text::BUSY.len(),
        text::BUSY
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}
