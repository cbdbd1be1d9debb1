//! SIGTERM and SIGINT: once ends in order, twice at once.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::{Exit, Fault};
use crate::text;

/// The signals that end a server.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on these signals are ours.
    pub fn take() -> Result<Self, Fault> {
        let take = |kind| {
            signal(kind)
                .map_err(|error| Fault::new(Exit::Platform, text::no_runtime(&error.to_string())))
        };
        Ok(Self {
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
