//! The body of an action.

use domain::GitRef;
use domain::release::Version;
use serde_json::{Map, Value};

use super::{Problem, Wanted};
use crate::read::Fields;
use crate::text;

/// An action's body, parsed.
#[derive(Debug, Default)]
pub(crate) struct ChangeInput {
    pub git_ref: Option<GitRef>,
    pub version: Option<Version>,
    pub resources: Option<Wanted>,
    pub discard_data: bool,
}

/// Reads the body of an action.
pub(crate) fn read_change(map: &Map<String, Value>) -> Result<ChangeInput, Vec<Problem>> {
    let mut fields = Fields::new(map);
    let mut change = ChangeInput {
        git_ref: fields.parsed("ref", 200),
        version: version(&mut fields),
        resources: None,
        discard_data: fields.flag("discard_data"),
    };
    if let Some(wanted) = fields.object("resources") {
        change.resources = Some(Wanted::read(wanted, &mut fields.problems));
    }
    if change.git_ref.is_some() && change.resources.is_some() {
        fields.wrong("resources", text::REDEPLOY_AND_RESOURCES);
    }
    if fields.problems.is_empty() {
        Ok(change)
    } else {
        Err(fields.problems)
    }
}

/// `3`, `"3"` or `"v3"`.
fn version(fields: &mut Fields<'_>) -> Option<Version> {
    match fields.get("version") {
        Some(Value::Number(number)) => match number.to_string().parse() {
            Ok(version) => Some(version),
            Err(error) => {
                fields.wrong("version", error);
                None
            }
        },
        _ => fields.parsed("version", 20),
    }
}
