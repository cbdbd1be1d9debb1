//! The schema of the database: whether this program can use it as it is, and who else does.

use std::sync::Arc;

use domain::ports::Clock;
use store::DatabaseTarget;
use store::admin::{Access, Admin, SchemaKind, SchemaState, servers_now, state};

use super::check::Check;
use crate::text;

/// Reads which schema the database has, and which servers share it. Nothing for one that is not there yet.
pub async fn checks(target: &DatabaseTarget, clock: Arc<dyn Clock>) -> Vec<Check> {
    let is_there = target.file().is_none_or(std::path::Path::exists);
    if !is_there || *target == DatabaseTarget::Memory {
        return Vec::new();
    }
    match read(target, clock).await {
        Ok((state, servers)) => {
            let shared = (!servers.is_empty())
                .then(|| Check::ok("db servers", text::db_shared_by(&servers)));
            [shown(state)].into_iter().chain(shared).collect()
        }
        Err(why) => vec![Check::fail("db schema", why, text::DB_SCHEMA_CURE)],
    }
}

async fn read(
    target: &DatabaseTarget,
    clock: Arc<dyn Clock>,
) -> Result<(SchemaState, Vec<String>), String> {
    let opened = Admin::open(target, Access::Look, clock).await;
    let mut admin = opened.map_err(|error| error.to_string())?;
    let found = look(&mut admin).await;
    admin.close().await.map_err(|error| error.to_string())?;
    found
}

async fn look(admin: &mut Admin) -> Result<(SchemaState, Vec<String>), String> {
    let found = state(admin, None)
        .await
        .map_err(|error| error.to_string())?;
    // An SQLite file takes one server, which `db in use` tells of.
    let is_shared = found.kind == SchemaKind::Current && admin.target().file().is_none();
    let servers = match is_shared {
        true => servers_now(admin)
            .await
            .map_err(|error| error.to_string())?,
        false => Vec::new(),
    };
    Ok((found, servers))
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
