//! Commands that replace or change everything want no server beside them.

use store::admin::{Admin, servers_now};

use crate::exit::{Exit, Fault};
use crate::text;

/// Refuses while a server uses the database, unless forced. On SQLite its lock has refused already.
pub async fn check(admin: &mut Admin, force: bool) -> Result<(), Fault> {
    let servers = servers_now(admin).await?;
    if servers.is_empty() || force {
        return Ok(());
    }
    Err(Fault::new(Exit::Refused, text::db_servers(&servers)).cure(text::DB_SERVERS_CURE))
}
