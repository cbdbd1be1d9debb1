//! What every handler shares.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::Engine;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use crate::text;
use crate::{Patience, ServerConfig};

/// Requests that may be answered at once.
const REQUESTS: usize = 256;
/// Requests that may wait for a deploy or a destroy at once.
const WAITS: usize = 128;
/// Event streams at once.
const STREAMS: usize = 128;

/// The shared state. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub engine: Engine,
    pub config: ServerConfig,
    pub patience: Patience,
    /// Cancelled when the server goes down: streams and waits end.
    pub closing: CancellationToken,
    requests: Arc<Semaphore>,
    waits: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    asked: AtomicU64,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub fn new(
        engine: Engine,
        config: ServerConfig,
        patience: Patience,
        closing: CancellationToken,
    ) -> Self {
        Self(Arc::new(Shared {
            engine,
            config,
            patience,
            closing,
            requests: Arc::new(Semaphore::new(REQUESTS)),
            waits: Arc::new(Semaphore::new(WAITS)),
            streams: Arc::new(Semaphore::new(STREAMS)),
            asked: AtomicU64::new(0),
        }))
    }

    /// Room for one more ordinary request.
    pub fn room_for_request(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        room(&self.requests)
    }

    /// Room for one more request that waits.
    pub fn room_for_wait(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        room(&self.waits)
    }

    /// Room for one more stream.
    pub fn room_for_stream(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        room(&self.streams)
    }

    /// The number of this request since the start.
    pub fn next_request(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn room(of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    of.clone()
        .try_acquire_owned()
        .map_err(|_| ApiError::unavailable("busy", text::BUSY))
}
