//! The simulated driver.

mod exec;
mod guests;
mod logs;
mod port;

use std::sync::Arc;

use crate::hub::{Hub, Life};

/// A driver in memory; see the crate's page.
pub struct SimDriver {
    pub(crate) hub: Arc<Hub>,
    pub(crate) life: Arc<Life>,
}
