//! What a guest was made from, as its first file says it.

use chrono::{DateTime, Utc};
use domain::GuestId;
use domain::guest::GuestSpec;
use domain::ports::DriverError;
use serde::{Deserialize, Serialize};

use super::files;
use super::layout::Layout;

/// The file `spec.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Made {
    /// What the engine asked for.
    pub spec: GuestSpec,
    /// True when `/app` is an overlay over the artifact.
    pub overlay: bool,
    /// When it was made, UTC.
    pub at: DateTime<Utc>,
}

/// Reads what a guest was made from; [`DriverError::Gone`] when it is not there.
pub fn read(layout: &Layout, id: &GuestId) -> Result<Made, DriverError> {
    match files::read_json(&layout.guest(id).spec()) {
        Ok(Some(made)) => Ok(made),
        Ok(None) => Err(DriverError::Gone(id.clone())),
        Err(error) => Err(DriverError::other(
            format!("read what guest {id} was made from"),
            error,
        )),
    }
}
