//! `sqlite:///FILE`.

use super::parts::Parts;
use super::query::Query;
use super::{BadTarget, DatabaseTarget};
use crate::text;

/// Settings of Python's own driver. They are read, so that both programs can share a URL, and change nothing: Havre waits
/// ten seconds for a lock that another program holds, and shares no connection between threads.
const KNOWN: &[&str] = &["check_same_thread", "timeout"];

/// SQLite's own parameters, which only its own form of URL takes.
const URI: &[&str] = &["uri", "mode", "cache", "immutable", "vfs", "nolock"];

/// A relative path is relative to the working folder.
pub(super) fn target(parts: Parts) -> Result<DatabaseTarget, BadTarget> {
    let set = |part: &Option<String>| part.as_ref().is_some_and(|part| !part.is_empty());
    if set(&parts.user) || set(&parts.host) || parts.port.is_some() || parts.password.is_some() {
        return Err(BadTarget::SqliteHost);
    }
    let path = parts.database.unwrap_or_default();
    let is_uri = parts
        .query
        .iter()
        .any(|(key, _)| URI.contains(&key.as_str()));
    if is_uri || path.starts_with("file:") {
        return Err(BadTarget::SqliteUri);
    }
    let query = Query::new(parts.query, KNOWN)?;
    query.flag("check_same_thread")?;
    query.read("timeout", text::SECONDS, |value| {
        value
            .parse::<f64>()
            .ok()
            .filter(|s| s.is_finite() && *s >= 0.0)
    })?;
    Ok(match path.as_str() {
        "" | ":memory:" => DatabaseTarget::Memory,
        path => DatabaseTarget::Sqlite(path.into()),
    })
}
