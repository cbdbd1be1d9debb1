//! The name of a volume on a storage.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{BadName, StorageId};
use crate::lenient;

/// A volume on a storage, as `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst` or `local-zfs:subvol-100-disk-0`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Volid {
    storage: StorageId,
    name: String,
}

impl Volid {
    /// The volume of this name on a storage, as `vztmpl/FILE` or `vm-100-disk-0`.
    ///
    /// # Errors
    /// When the name could be mistaken for something else in a path or in a list of options.
    pub fn new(storage: StorageId, name: &str) -> Result<Volid, BadName> {
        if is_volume(name) {
            Ok(Volid {
                storage,
                name: name.to_owned(),
            })
        } else {
            Err(bad(name))
        }
    }

    /// The storage it is on.
    #[must_use]
    pub fn storage(&self) -> &StorageId {
        &self.storage
    }

    /// What stands behind the colon.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The last part of the name: the file's own name.
    #[must_use]
    pub fn file(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

impl FromStr for Volid {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Volid, BadName> {
        let (storage, name) = text.split_once(':').ok_or_else(|| bad(text))?;
        Volid::new(storage.parse()?, name)
    }
}

impl fmt::Display for Volid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.storage, self.name)
    }
}

impl Serialize for Volid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Volid {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Volid, D::Error> {
        lenient::name(input)
    }
}

/// No comma (it parts the options of a disk), no control character, no folder that climbs.
fn is_volume(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    (1..=255).contains(&name.len())
        && name
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace() && !",;\\\"'".contains(c))
        && name.split('/').all(part)
}

fn bad(text: &str) -> BadName {
    BadName::new(
        "volume",
        text,
        "`storage:name`, without commas, spaces and folders that climb",
    )
}
