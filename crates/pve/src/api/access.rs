//! Version and privileges.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::{lenient, routes};

/// The version of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Version {
    /// As `9.1.9`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub version: String,
    /// As `9.1`.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub release: String,
}

impl Version {
    /// The first number of it; 0 when it is not told.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.numbers().0
    }

    /// The second number of it; 0 when it is not told.
    #[must_use]
    pub fn minor(&self) -> u32 {
        self.numbers().1
    }

    fn numbers(&self) -> (u32, u32) {
        let told = if self.version.is_empty() {
            &self.release
        } else {
            &self.version
        };
        let mut parts = told
            .split(|c: char| !c.is_ascii_digit())
            .map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    }
}

/// The privileges of the one who asks, by ACL path. A token's are those it has itself, within its user's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions(BTreeMap<String, BTreeSet<String>>);

impl Permissions {
    /// Reads what the cluster answers: `{path: {privilege: propagates}}`.
    fn of_answer(answer: &Value) -> Permissions {
        let Some(paths) = answer.as_object() else {
            return Permissions::default();
        };
        let names = |privileges: &Value| {
            privileges
                .as_object()
                .map(|object| object.keys().cloned().collect())
                .unwrap_or_default()
        };
        Permissions(
            paths
                .iter()
                .map(|(path, privileges)| (path.clone(), names(privileges)))
                .collect(),
        )
    }

    /// Whether this privilege holds on exactly this path, as the cluster lists it.
    #[must_use]
    pub fn has(&self, path: &str, privilege: &str) -> bool {
        self.0
            .get(path)
            .is_some_and(|privileges| privileges.contains(privilege))
    }

    /// The paths the cluster lists, with their privileges.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.0
            .iter()
            .map(|(path, privileges)| (path.as_str(), privileges))
    }
}

impl Client {
    /// The privileges on one ACL path, as `/storage/local`, with what is inherited; without a path those of all paths known.
    ///
    /// # Errors
    /// As any request.
    pub async fn permissions(&self, path: Option<&str>) -> Result<Permissions> {
        let answer: Value = self
            .get(Call::new(&routes::PERMISSIONS).maybe("path", path))
            .await?;
        Ok(Permissions::of_answer(&answer))
    }
}
