//! The shim's clock: the real one, since it is a process of its own.

use chrono::{DateTime, Utc};
use domain::ports::{Clock, SystemClock};

/// Now, UTC.
pub fn now() -> DateTime<Utc> {
    SystemClock::new(|_| std::future::ready(())).now()
}
