//! Version numbers of runtimes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a release: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Release(pub u64, pub u64, pub u64);

impl Release {
    /// Reads `20.11.1`; what follows a `-` is left out.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text
            .split('-')
            .next()?
            .split('.')
            .map(|part| part.parse().ok());
        let release = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(release)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}
