//! Other bounds for the health check.

use domain::limits::HealthOverride;
use serde_json::{Map, Value};

use super::Problem;
use crate::read::Fields;
use crate::text;

/// Reads `health` of a deploy.
pub(super) fn read_health(map: &Map<String, Value>, problems: &mut Vec<Problem>) -> HealthOverride {
    let mut fields = Fields::new(map);
    let path = fields.text("path", 500).map(str::to_owned);
    if path.as_deref().is_some_and(|path| !is_path(path)) {
        fields.wrong(
            "health.path",
            text::must_be("health.path", text::HEALTH_PATH),
        );
    }
    let below = fields.number("below", "health.below", (200, 600));
    let within = fields.number("within_seconds", "health.within_seconds", (1, 3600));
    problems.append(&mut fields.problems);
    HealthOverride {
        path,
        below: below.and_then(|below| u16::try_from(below).ok()),
        within_seconds: within.and_then(|within| u32::try_from(within).ok()),
    }
}

/// What can stand in a request line.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic()) && !path.contains('#')
}
