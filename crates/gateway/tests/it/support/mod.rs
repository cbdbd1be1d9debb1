//! A gateway, guests with behaviour, and clients, all on loopback.

mod app;
mod count;
mod gateway;
mod http;

pub use app::{App, Body, Reply, read_head, text};
pub use count::Count;
pub use gateway::{TestGateway, config, deploying, failed, label, serving, stopped};
pub use http::{Raw, get};

use std::time::Duration;

/// No condition takes longer than this, or the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a future, at most [`PATIENCE`].
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("it should have happened long ago")
}
