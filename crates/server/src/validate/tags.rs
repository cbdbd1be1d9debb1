//! Tags in bodies: a list of texts, or comma-separated text.

use domain::tags::BadTags;
use domain::{TagChange, Tags};
use serde_json::{Map, Value};

use super::Problem;
use crate::read::Fields;
use crate::text;

/// Reads a field of tags; none when it is left out.
pub(super) fn read_tags(fields: &mut Fields<'_>, field: &'static str) -> Option<Tags> {
    let read = match fields.get(field)? {
        Value::String(given) => given.parse(),
        Value::Array(items) => of_list(items),
        _ => {
            fields.wrong(field, text::must_be(field, text::TAGS_SHAPE));
            return None;
        }
    };
    match read {
        Ok(tags) => Some(tags),
        Err(bad) => {
            fields.wrong(field, bad.to_string());
            None
        }
    }
}

fn of_list(items: &[Value]) -> Result<Tags, BadTags> {
    let one = |item: &Value| match item {
        Value::String(tag) => tag.parse(),
        other => Err(BadTags::Shape(
            other.to_string().chars().take(100).collect(),
        )),
    };
    let tags: Result<Vec<_>, BadTags> = items.iter().map(one).collect();
    Tags::new(tags?)
}

/// Reads the body of a change of a row.
pub(crate) fn read_update(map: &Map<String, Value>) -> Result<TagChange, Vec<Problem>> {
    let mut fields = Fields::new(map);
    let change = TagChange {
        replace: read_tags(&mut fields, "tags"),
        remove: read_tags(&mut fields, "remove_tags").unwrap_or_default(),
        add: read_tags(&mut fields, "add_tags").unwrap_or_default(),
    };
    if fields.problems.is_empty() {
        Ok(change)
    } else {
        Err(fields.problems)
    }
}
