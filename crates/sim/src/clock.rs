//! The simulated clock.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::Clock;

use crate::hub::{Hub, Life, live};

/// A clock on the time of a world; see [`crate::TimeMode`].
pub struct SimClock {
    pub(crate) hub: Arc<Hub>,
    pub(crate) life: Arc<Life>,
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> DateTime<Utc> {
        self.hub.time.now()
    }

    async fn sleep(&self, duration: Duration) {
        live(&self.life).await;
        self.hub.time.sleep(duration).await;
        live(&self.life).await;
    }
}
