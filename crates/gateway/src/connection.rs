//! One client connection, from accept to close.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use crate::client::Client;
use crate::client_io::{ClientIo, ClientWatch};
use crate::config::Limits;
use crate::hook::Stage;
use crate::listener::Shared;
use crate::proxy;
use crate::timer::Deadline;

/// How HTTP is spoken with clients.
pub fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // Timed below: one timer per connection instead of one per request.
        .header_read_timeout(None)
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
    let watch = ClientWatch::new();
    let io = ClientIo::new(stream, Arc::clone(&watch), shared.limits.client_stall);
    let client = Client::new(Arc::clone(&shared), slot, permit, Arc::clone(&watch), peer);
    let client = Arc::new(client);
    let service = service_fn(move |request| {
        let client = Arc::clone(&client);
        async move { Ok::<_, Infallible>(proxy::answer(client, request).await) }
    });
    let mut connection = shared.http.serve_connection(io, service).with_upgrades();
    let mut told = false;
    let mut deadline = Deadline::default();
    let done = std::future::poll_fn(|cx| {
        match hook.watch(cx) {
            Stage::Cut => return Poll::Ready(Ok(())),
            Stage::Finish if !told => {
                told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Stage::Finish | Stage::Run => {}
        }
        if let Poll::Ready(done) = Pin::new(&mut connection).poll(cx) {
            return Poll::Ready(done);
        }
        match watch.idle_since() {
            // A slow or silent client: nothing of what it sent was answered, nothing needs to be.
            Some(since) => deadline.poll(cx, since + shared.limits.head).map(Ok),
            None => Poll::Pending,
        }
    })
    .await;
    if let Err(error) = done {
        tracing::debug!(%error, %peer, "a client connection ended");
    }
}
