//! The database and its key.

use std::sync::Arc;

use domain::ports::{Clock, Dice};
use store::admin::{AdminError, back_up_pending, original_elsewhere};
use store::{Database, DatabaseTarget, Opening, SecretKey, TimeSource};

use super::{DataDir, place};
use crate::config::Settings;
use crate::exit::{Exit, Fault};
use crate::text;

/// Opens key and database. Their errors carry their cures.
pub async fn open(
    settings: &Settings,
    data_dir: &DataDir,
    clock: Arc<dyn Clock>,
    dice: Arc<Dice>,
) -> Result<Arc<Database>, Fault> {
    let target = settings.database()?;
    refuse_original(&target)?;
    let key_file = settings.secret_key_file.as_deref();
    let key = SecretKey::load_or_create(data_dir.path(), key_file, &dice)
        .map_err(|error| Fault::new(Exit::BadInput, error.to_string()))?;
    save_before_migrating(&target, data_dir, &clock).await?;
    let opening = Opening {
        home: place::home(settings, data_dir, &dice)?,
        key,
        clock,
        dice,
        time: TimeSource::Database,
    };
    Ok(Database::open_with(&target, opening).await?)
}

/// A server's database whose schema is about to change goes into `DATA_DIR/backups` first. One that cannot be opened is told
/// of by what comes next.
async fn save_before_migrating(
    target: &DatabaseTarget,
    data_dir: &DataDir,
    clock: &Arc<dyn Clock>,
) -> Result<(), Fault> {
    let folder = data_dir.path().join("backups");
    match back_up_pending(target, &folder, Arc::clone(clock)).await {
        Ok(Some(file)) => {
            tracing::info!(backup = %file.display(), "the database is migrated next; this is how it was");
            Ok(())
        }
        Ok(None) | Err(AdminError::Open(_)) => Ok(()),
        Err(error) => Err(Fault::new(Exit::Platform, error.to_string())),
    }
}

/// A new database beside the original's would put its rows out of sight.
fn refuse_original(target: &DatabaseTarget) -> Result<(), Fault> {
    match target.file().and_then(original_elsewhere) {
        Some(file) => {
            Err(Fault::new(Exit::Refused, text::db_only_elsewhere(&file))
                .cure(text::DB_UPGRADE_FIRST))
        }
        None => Ok(()),
    }
}
