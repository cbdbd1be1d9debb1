//! Connections that switched protocols (WebSocket and others): bytes pass both ways until one side ends.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::client::Client;
use crate::hook::Stage;
use crate::upstream::{Connection, GuestIo, InFlight, Traffic};

/// Bytes held per direction.
const BUFFER: usize = 8 * 1024;

/// Takes both sockets over as soon as the client has its answer. Counts as in flight until it ends.
pub fn start(
    client: Arc<Client>,
    on_upgrade: OnUpgrade,
    connection: Box<Connection>,
    in_flight: InFlight,
) {
    let shared = Arc::clone(&client.shared);
    shared.metrics.upgrades.up();
    shared.tasks.spawn(async move {
        let (guest, early) = connection.into_io().await;
        let hook = Arc::clone(guest.hook());
        let traffic = Arc::clone(guest.traffic());
        let limits = &client.shared.limits;
        let pass = pass(on_upgrade, TokioIo::new(guest), &early, limits.client_stall);
        tokio::select! {
            // Either side may just vanish; there is nobody left to tell.
            _ = pass => {}
            () = silence(&traffic, limits.stream_idle) => {}
            () = client.slot.hook().cut() => {}
        }
        if hook.stage() == Stage::Cut {
            client.shared.metrics.cut.up();
        }
        drop(in_flight);
    });
}

/// Passes bytes until both sides have ended, or one has and the other does not follow for `stall`.
async fn pass(
    on_upgrade: OnUpgrade,
    guest: TokioIo<GuestIo>,
    early: &[u8],
    stall: Duration,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut client = TokioIo::new(on_upgrade.await?);
    client.write_all(early).await?;
    let (client_read, client_write) = tokio::io::split(client);
    let (guest_read, guest_write) = tokio::io::split(guest);
    let up = pin!(one_way(client_read, guest_write));
    let down = pin!(one_way(guest_read, client_write));
    let rest = match select(up, down).await {
        Either::Left((ended, rest)) => {
            ended?;
            Either::Left(rest)
        }
        Either::Right((ended, rest)) => {
            ended?;
            Either::Right(rest)
        }
    };
    Ok(timeout(stall, rest).await??)
}

/// Passes bytes one way until the end, and passes on the end.
async fn one_way(
    read: impl AsyncRead + Unpin,
    mut write: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut read = BufReader::with_capacity(BUFFER, read);
    tokio::io::copy_buf(&mut read, &mut write).await?;
    write.shutdown().await
}

/// Ends once nothing has passed for about `limit`.
async fn silence(traffic: &Traffic, limit: Duration) {
    let mut seen = traffic.total();
    loop {
        tokio::time::sleep(limit).await;
        let now = traffic.total();
        if now == seen {
            return;
        }
        seen = now;
    }
}
