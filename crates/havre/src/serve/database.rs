//! The database and its key.

use std::sync::Arc;

use domain::ports::{Clock, Dice};
use store::admin::{AdminError, back_up_pending};
use store::{Database, DatabaseTarget, OpenError, Opening, SecretKey, TimeSource};

use super::{DataDir, place};
use crate::config::Settings;
use crate::exit::{Exit, Fault};

/// Opens key and database. Their errors carry their cures.
pub async fn open(
    settings: &Settings,
    data_dir: &DataDir,
    clock: Arc<dyn Clock>,
    dice: Arc<Dice>,
) -> Result<Arc<Database>, Fault> {
    let target = settings.database()?;
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
    Database::open_with(&target, opening)
        .await
        .map_err(|error| Fault::new(exit_of(&error), error.to_string()))
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

fn exit_of(error: &OpenError) -> Exit {
    match error {
        OpenError::InUse(_) => Exit::Refused,
        OpenError::Database(_) => Exit::Platform,
        _ => Exit::BadInput,
    }
}
