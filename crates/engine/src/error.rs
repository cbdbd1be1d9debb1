//! How a step can end other than well. The kind decides what happens next, so it is chosen where the cause is known.

use domain::ports::{DriverError, RouterError, SourceError, StoreError};
use domain::{DriverKind, Failure, FailureKind};

use crate::text;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a step did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// The release is over, and this is what its user is told.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// The user cancelled the release.
    #[error("cancelled")]
    Cancelled,
    /// Another worker has the job, or the engine shuts down: nothing may be done any more.
    #[error("the lease is lost")]
    Lost,
    /// Worth trying again: the step starts over, a bounded number of times.
    #[error("{0}")]
    Again(Cause),
    /// What is in the way passes by itself, in words: the job goes back on the queue, and comes again later each time.
    #[error("{0}")]
    Wait(String),
    /// The database does not take it now: the job goes back on the queue.
    #[error("{0}")]
    Later(Cause),
    /// The platform's fault.
    #[error("{0}")]
    Platform(Cause),
}

impl From<Failure> for StepError {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost => Self::Lost,
            StoreError::Cancelled => Self::Cancelled,
            StoreError::Unavailable(_) | StoreError::DiskFull => Self::Later(error.into()),
            other => Self::Platform(other.into()),
        }
    }
}

impl From<DriverError> for StepError {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Toolchain { what, cure } => {
                Failure::new(FailureKind::Toolchain, what).cure(cure).into()
            }
            DriverError::Capacity { what, cure } => {
                Failure::new(FailureKind::Capacity, what).cure(cure).into()
            }
            DriverError::Transient(_) | DriverError::Ambiguous(_) | DriverError::Gone(_) => {
                Self::Again(error.into())
            }
            DriverError::Other { .. } => Self::Platform(error.into()),
        }
    }
}

impl From<RouterError> for StepError {
    fn from(error: RouterError) -> Self {
        match error {
            RouterError::Unavailable(_) => Self::Again(error.into()),
            RouterError::Refused(_) => Self::Platform(error.into()),
        }
    }
}

impl From<SourceError> for StepError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Refused { what, cure } => {
                Failure::new(FailureKind::Source, what).cure(cure).into()
            }
            SourceError::TooLarge(what) => Failure::new(FailureKind::Source, what)
                .cure(text::SMALLER_REPOSITORY)
                .into(),
            SourceError::TimedOut(limit) => {
                Failure::new(FailureKind::Timeout, text::fetch_timed_out(limit)).into()
            }
            SourceError::Transient(_) => Self::Again(error.into()),
            SourceError::Other { .. } => Self::Platform(error.into()),
        }
    }
}

impl StepError {
    /// Where guests live on a cluster, what the cluster or the gateway cannot do now is waited for instead of told as a
    /// failure: no quorum, no answer, no room.
    pub fn or_wait(self, kind: DriverKind) -> Self {
        if kind.is_of_a_place() {
            return self;
        }
        match self {
            Self::Again(cause) if passes(&*cause) => Self::Wait(chain(&*cause)),
            Self::Failed(failure) if failure.kind == FailureKind::Capacity => {
                let cure = failure.cure.as_deref().unwrap_or_default();
                Self::Wait(text::with_cure(&failure.what, cure))
            }
            other => other,
        }
    }
}

/// A guest that is gone does not come back by waiting.
fn passes(cause: &(dyn std::error::Error + 'static)) -> bool {
    match cause.downcast_ref::<DriverError>() {
        Some(error) => matches!(error, DriverError::Transient(_) | DriverError::Ambiguous(_)),
        None => cause.is::<RouterError>(),
    }
}

impl From<std::io::Error> for StepError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Failure::new(FailureKind::Capacity, text::DISK_FULL)
                .cure(text::MAKE_ROOM)
                .into();
        }
        Self::Platform(error.into())
    }
}

/// Every cause of an error in one line, for the log.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
