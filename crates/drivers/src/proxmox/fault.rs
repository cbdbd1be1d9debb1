//! The cluster's refusals as errors of the port.

use domain::ports::DriverError;
use pve::{Conflict, Kind};

use crate::text::proxmox as text;

/// Names what was being done when the cluster refused.
pub trait During<T> {
    /// The same result, with the refusal put into words. `what` is a fragment: `clone the base of g0123`.
    fn during(self, what: &str) -> Result<T, DriverError>;
}

impl<T> During<T> for Result<T, pve::Error> {
    fn during(self, what: &str) -> Result<T, DriverError> {
        self.map_err(|error| fault(what, error))
    }
}

/// A refusal of the cluster.
pub fn fault(what: &str, error: pve::Error) -> DriverError {
    match error.kind() {
        Kind::NoQuorum => DriverError::Transient(text::no_quorum(error.reason())),
        Kind::MissingPrivilege { path, privileges } => DriverError::Toolchain {
            what: text::missing_privilege(what, path, privileges),
            cure: text::GIVE_PRIVILEGES.into(),
        },
        Kind::Credentials => DriverError::Toolchain {
            what: text::CREDENTIALS.into(),
            cure: text::NEW_TOKEN.into(),
        },
        Kind::Capacity => DriverError::Capacity {
            what: format!("{what}: {error}"),
            cure: text::MAKE_ROOM.into(),
        },
        Kind::Conflict(Conflict::Locked(lock)) => DriverError::Transient(text::locked(what, lock)),
        Kind::Transient | Kind::Unreachable => DriverError::Transient(format!("{what}: {error}")),
        Kind::Ambiguous => DriverError::Ambiguous(format!("{what} ({error})")),
        _ => DriverError::Other {
            what: what.to_owned(),
            source: Box::new(error),
        },
    }
}

/// True for a refusal that passes by itself while one waits: a lock, a node on its way.
pub fn passes(error: &pve::Error) -> bool {
    matches!(
        error.kind(),
        Kind::Conflict(Conflict::Locked(_)) | Kind::Transient
    ) && error.nothing_done()
}
