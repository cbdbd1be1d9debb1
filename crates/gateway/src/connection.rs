//! One client connection, from accept to close.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use crate::client_io::ClientIo;
use crate::config::Limits;
use crate::hook::Stage;
use crate::listener::Shared;
use crate::proxy::{self, Client};

/// How HTTP is spoken with clients.
pub fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.buffer_bytes)
        .half_close(false);
    builder
}

/// Serves one client until it leaves, is given up, or the gateway stops.
pub async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
) {
    let slot = shared.clients.add();
    let hook = Arc::clone(slot.hook());
    let io = ClientIo::new(stream, shared.limits.client_stall);
    let client = Arc::new(Client::new(Arc::clone(&shared), slot, permit, peer.ip()));
    let service = service_fn(move |request| {
        let client = Arc::clone(&client);
        async move { Ok::<_, Infallible>(proxy::answer(client, request).await) }
    });
    let mut connection = shared.http.serve_connection(io, service).with_upgrades();
    let mut told = false;
    let done = std::future::poll_fn(|cx| {
        match hook.watch(cx) {
            Stage::Cut => return Poll::Ready(Ok(())),
            Stage::Finish if !told => {
                told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Stage::Finish | Stage::Run => {}
        }
        Pin::new(&mut connection).poll(cx)
    })
    .await;
    if let Err(error) = done {
        tracing::debug!(%error, %peer, "a client connection ended");
    }
}
