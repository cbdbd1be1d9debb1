//! The schema that a command works on.

use super::AdminError;
use crate::migrate::ledger::Ledger;
use crate::migrate::{MigrateError, refuse};
use crate::schema::Migrations;
use crate::sql::Link;
use crate::text::admin as text;

/// Refuses a database that is not at the schema of this program, with what to do about it.
pub(super) async fn is_ready(link: &mut Link<'_>) -> Result<(), AdminError> {
    let migrations = Migrations::embedded().map_err(MigrateError::from)?;
    let ledger = Ledger::read(link).await?;
    refuse(link, &ledger, &migrations).await?;
    match ledger.version() {
        0 => Err(AdminError::Refused(text::NO_SCHEMA.into())),
        version if version < migrations.newest() => Err(AdminError::Refused(text::behind(
            version,
            migrations.newest(),
        ))),
        _ => Ok(()),
    }
}
