//! Resources as asked for: some of them, to be completed from what a deployment has.

use domain::{DeploymentKind, Resources};
use serde_json::{Map, Value};

use super::Problem;
use crate::text;

/// The resources that a request names. A value that no machine has is kept as the largest number, so that the message
/// is the one about the bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    cores: Option<u32>,
    memory: Option<u32>,
    disk: Option<u32>,
}

impl Wanted {
    /// Reads `{cores, memory, disk}`. Booleans are not integers.
    pub fn read(map: &Map<String, Value>, problems: &mut Vec<Problem>) -> Self {
        let mut integer = |field: &str, words: &str| match map.get(field) {
            None | Some(Value::Null) => None,
            Some(Value::Number(number)) if number.is_u64() || number.is_i64() => {
                let clamped = number.as_i64().unwrap_or(i64::MAX).max(0);
                Some(u32::try_from(clamped).unwrap_or(u32::MAX))
            }
            Some(_) => {
                problems.push(Problem::new("resources", words));
                None
            }
        };
        Self {
            cores: integer("cores", text::CORES_INTEGER),
            memory: integer("memory", text::MEMORY_INTEGER),
            disk: integer("disk", text::DISK_INTEGER),
        }
    }
}

/// What a deployment of this kind gets: what is wanted, else what it has, else the default.
pub(crate) fn complete(
    wanted: Wanted,
    present: Option<Resources>,
    kind: DeploymentKind,
) -> Resources {
    let before = present.unwrap_or_else(|| Resources::default_for(kind));
    Resources {
        cores: wanted.cores.unwrap_or(before.cores),
        memory: wanted.memory.unwrap_or(before.memory),
        disk: wanted.disk.unwrap_or(before.disk),
    }
}
