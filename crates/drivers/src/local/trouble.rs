//! What went wrong while a sandbox was made: the stage, and the system's answer.

use std::io;

use domain::ports::DriverError;

/// A failed stage. Inside shim and init this is the only error; the controller gets it as text.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct Trouble {
    /// What was being done, as a fragment.
    pub what: String,
    /// The system's answer.
    #[source]
    pub source: io::Error,
}

impl Trouble {
    /// A failure that the system did not name.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: io::Error::other(why.into()),
        }
    }
}

impl From<Trouble> for DriverError {
    fn from(trouble: Trouble) -> Self {
        DriverError::other(trouble.what.clone(), trouble)
    }
}

/// Names the stage that an error belongs to.
pub trait On<T> {
    /// The same result, with the stage named.
    fn on(self, what: impl Into<String>) -> Result<T, Trouble>;
}

impl<T, E: Into<io::Error>> On<T> for Result<T, E> {
    fn on(self, what: impl Into<String>) -> Result<T, Trouble> {
        self.map_err(|error| Trouble {
            what: what.into(),
            source: error.into(),
        })
    }
}
