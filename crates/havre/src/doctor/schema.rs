//! The schema of the database: whether this program can use it as it is.

use std::sync::Arc;

use domain::ports::Clock;
use store::DatabaseTarget;
use store::admin::{Access, Admin, SchemaKind, SchemaState, state};

use super::check::Check;
use crate::text;

/// Reads which schema the database has. Nothing for one that is not there yet.
pub async fn check(target: &DatabaseTarget, clock: Arc<dyn Clock>) -> Option<Check> {
    let is_there = target.file().is_none_or(std::path::Path::exists);
    if !is_there || *target == DatabaseTarget::Memory {
        return None;
    }
    Some(match read(target, clock).await {
        Ok(state) => shown(state),
        Err(why) => Check::fail("db schema", why, text::DB_SCHEMA_CURE),
    })
}

async fn read(target: &DatabaseTarget, clock: Arc<dyn Clock>) -> Result<SchemaState, String> {
    let opened = Admin::open(target, Access::Look, clock).await;
    let mut admin = opened.map_err(|error| error.to_string())?;
    let found = state(&mut admin, None)
        .await
        .map_err(|error| error.to_string());
    admin.close().await.map_err(|error| error.to_string())?;
    found
}

fn shown(state: SchemaState) -> Check {
    match state.kind {
        SchemaKind::Empty => Check::ok("db schema", text::DB_EMPTY),
        SchemaKind::Current => Check::ok("db schema", text::db_current(state.version)),
        SchemaKind::Behind => {
            let what = text::db_behind(state.version, state.newest);
            Check::warn("db schema", what, text::DB_UPGRADE_CURE)
        }
        SchemaKind::Original(model) => {
            Check::fail("db schema", text::db_original(model), text::DB_UPGRADE_CURE)
        }
        SchemaKind::Cut(why) => Check::fail("db schema", why, text::DB_UPGRADE_CURE),
        SchemaKind::Refused(why) => Check::fail("db schema", why, text::DB_SCHEMA_CURE),
    }
}
