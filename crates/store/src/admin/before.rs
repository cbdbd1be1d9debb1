//! What `serve` does before it lets a server's database be migrated: a backup, in the portable form. An SQLite file is
//! copied by the migration itself, beside it.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ports::Clock;

use super::{Access, Admin, AdminError, BackupTo, SchemaKind, backup, state};
use crate::schema::Migrations;
use crate::target::DatabaseTarget;
use crate::text::migrate as text;

/// Saves a database of PostgreSQL or MySQL into `folder` when Havre's own migrations are pending there, and gives the file.
/// None when there is nothing to migrate or nothing to lose, and for SQLite. The folder is made when it is not there.
///
/// # Errors
/// The database cannot be read, or the file cannot be written: then nothing should be migrated.
pub async fn back_up_pending(
    target: &DatabaseTarget,
    folder: &Path,
    clock: Arc<dyn Clock>,
) -> Result<Option<PathBuf>, AdminError> {
    if !matches!(
        target,
        DatabaseTarget::Postgres(_) | DatabaseTarget::MySql(_)
    ) {
        return Ok(None);
    }
    let mut admin = Admin::open(target, Access::Look, clock).await?;
    let saved = save(&mut admin, folder).await;
    admin.close().await?;
    saved
}

async fn save(admin: &mut Admin, folder: &Path) -> Result<Option<PathBuf>, AdminError> {
    if state(admin, None).await?.kind != SchemaKind::Behind {
        return Ok(None);
    }
    let failed = |why: String| AdminError::Refused(text::backup_failed(folder, &why));
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| failed(error.to_string()))?;
    let migrations = Migrations::embedded().map_err(crate::migrate::MigrateError::from)?;
    let to = BackupTo::Folder(folder.to_owned());
    let report = backup(admin, &migrations, to, &|_| {}).await;
    let report = report.map_err(|error| failed(error.to_string()))?;
    Ok(report.path)
}
