//! Connections that switched protocols (WebSocket and others): bytes pass both ways until one side ends.

use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;

use crate::hook::Stage;
use crate::proxy::Client;
use crate::upstream::{Connection, InFlight, Traffic};

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
        let mut guest = TokioIo::new(guest);
        let pass = async {
            let mut upgraded = TokioIo::new(on_upgrade.await?);
            upgraded.write_all(&early).await?;
            tokio::io::copy_bidirectional_with_sizes(&mut upgraded, &mut guest, BUFFER, BUFFER)
                .await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        };
        tokio::select! {
            // Either side may just vanish; there is nobody left to tell.
            _ = pass => {}
            () = silence(&traffic, client.shared.limits.stream_idle) => {}
            () = client.slot.hook().cut() => {}
        }
        if hook.stage() == Stage::Cut {
            client.shared.metrics.cut.up();
        }
        drop(in_flight);
    });
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
