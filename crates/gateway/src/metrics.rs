//! Counters of what happened, cheap enough for the hot path.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Live counters.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $($(#[$doc])* pub $name: Counter,)*
        }

        /// The counters at one moment, since the start of the gateway.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Metrics {
            /// The values now.
            pub fn snapshot(&self) -> Counters {
                Counters { $($name: self.$name.get(),)* }
            }
        }
    };
}

counters! {
    /// Requests whose head was read.
    requests,
    /// Requests answered with a page for a bad or missing `Host` or method (400, 405), or cut off by the client (408).
    bad_requests,
    /// Requests for a name that no app has (404).
    unknown_hosts,
    /// Requests for an app that is deploying, stopped or failed (503).
    unavailable,
    /// Requests whose app did not take the connection or did not answer HTTP (502).
    bad_gateway,
    /// Requests whose app did not answer in time (504).
    gateway_timeouts,
    /// Second tries.
    retries,
    /// Answers that broke off in the middle because the app or its guest did.
    aborted,
    /// Requests and streams that were cut at the end of a drain.
    cut,
    /// Connections that were switched to another protocol, such as WebSocket.
    upgrades,
    /// Client connections accepted.
    accepted,
    /// Client connections refused because there were too many (503).
    refused,
}

/// One counter.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub fn up(&self) {
        self.add(1);
    }

    /// Adds this many.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
