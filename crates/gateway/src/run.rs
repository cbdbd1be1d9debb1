//! A gateway from start to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, UnixListener};
use tokio_util::task::TaskTracker;

use crate::config::{GatewayConfig, Limits};
use crate::connection;
use crate::control::{self, ControlSocket};
use crate::error::GatewayError;
use crate::hook::Stage;
use crate::listener::{self, Shared};
use crate::routes::Routes;
use crate::state;
use crate::upstream::SWEEP;

/// Descriptors one client connection may need: its own, one to the guest, and one to the helper that hands it out.
const DESCRIPTORS_EACH: u64 = 3;
/// The HTTP library takes no smaller buffer.
const SMALLEST_BUFFER: usize = 8 * 1024;
/// Descriptors kept for everything else.
const DESCRIPTORS_KEPT: u64 = 128;

/// A gateway that is bound and not yet serving.
pub struct Gateway {
    shared: Arc<Shared>,
    listener: TcpListener,
    control: UnixListener,
    address: SocketAddr,
    socket: ControlSocket,
}

/// Runs a gateway until `shutdown`, then lets what is in flight finish within its bound.
pub async fn run(
    config: GatewayConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), GatewayError> {
    Gateway::open(config).await?.serve(shutdown).await;
    Ok(())
}

impl Gateway {
    /// Takes the lock, reads the last table and binds both sockets. Must run inside a Tokio runtime.
    pub async fn open(config: GatewayConfig) -> Result<Self, GatewayError> {
        let socket = ControlSocket::claim(&config.control)?;
        let table = state::load(&config.state).map_err(|source| GatewayError::State {
            path: config.state.clone(),
            source,
        })?;
        let bind = async {
            let listener = TcpListener::bind(config.listen).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bind.await.map_err(|source| GatewayError::Listen {
            address: config.listen,
            source,
        })?;
        let control = socket.bind()?;
        let limits = fit(config.limits);
        let shared = Arc::new(Shared {
            routes: Routes::new(table, config.state),
            base_domain: base_domain(&config.base_domain),
            http: connection::builder(&limits),
            limits,
            metrics: Arc::default(),
            clients: Arc::default(),
            tasks: TaskTracker::new(),
        });
        Ok(Self {
            shared,
            listener,
            control,
            address,
            socket,
        })
    }

    /// Where clients connect to, with the port that was really taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`, then lets what is in flight finish within its bound.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let shared = self.shared;
        tracing::info!(address = %self.address, routes = shared.routes.len(), "the gateway serves");
        let accept = listener::accept(Arc::clone(&shared), self.listener);
        let control = control::serve(Arc::clone(&shared), self.control, self.address);
        tokio::select! {
            () = accept => {}
            () = control => {}
            () = shared.routes.sweep(SWEEP) => {}
            () = shutdown => {}
        }
        // Dropped by now: both listeners, so that a next gateway can take over while this one finishes.
        drop(self.socket);
        finish(&shared).await;
    }
}

async fn finish(shared: &Shared) {
    shared.tasks.close();
    shared.clients.raise_all(Stage::Finish);
    let limit = shared.limits.shutdown;
    if tokio::time::timeout(limit, shared.tasks.wait())
        .await
        .is_err()
    {
        tracing::info!(
            connections = shared.clients.len(),
            "cutting what did not finish in time"
        );
        shared.clients.raise_all(Stage::Cut);
        shared.tasks.wait().await;
    }
}

fn base_domain(text: &str) -> String {
    text.trim_matches('.').to_ascii_lowercase()
}

/// Lets the process open as many files as it may, and no more clients in than it has descriptors for.
fn fit(mut limits: Limits) -> Limits {
    limits.buffer_bytes = limits.buffer_bytes.max(SMALLEST_BUFFER);
    limits.head_bytes = limits.head_bytes.min(limits.buffer_bytes);
    let needed = (limits.connections as u64)
        .saturating_mul(DESCRIPTORS_EACH)
        .saturating_add(DESCRIPTORS_KEPT);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return limits;
    };
    let wanted = needed.min(hard).max(soft);
    let got = match setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
        Ok(()) => wanted,
        Err(_) => soft,
    };
    let most = got.saturating_sub(DESCRIPTORS_KEPT) / DESCRIPTORS_EACH;
    let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
    if most < limits.connections {
        tracing::warn!(
            connections = most,
            asked = limits.connections,
            "the limit on open files (ulimit -n) allows fewer connections"
        );
        limits.connections = most;
    }
    limits
}
