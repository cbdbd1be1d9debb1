//! Who else uses the database, and where else the original put it.

use std::path::{Path, PathBuf};

use super::{Admin, AdminError};
use crate::dialect;
use crate::error::Fault;
use crate::migrate::{MigrateError, copy_file as copy};
use crate::servers::alive;

/// The servers that use the database at this moment: their names. None on SQLite, whose file is locked by its one server.
///
/// # Errors
/// The database failed.
pub async fn servers_now(admin: &mut Admin) -> Result<Vec<String>, AdminError> {
    let now = admin.now().await?;
    match alive(admin.link(), now).await {
        Ok(servers) => Ok(servers.into_iter().map(|server| server.name).collect()),
        Err(Fault::Sql(error)) => Err(error.into()),
        Err(Fault::Told(error)) => Err(AdminError::Refused(error.to_string())),
        Err(Fault::Unreadable(which)) => Err(AdminError::Refused(which)),
    }
}

/// Copies an SQLite database, whole and at one moment, into a new file; gives its name, which has a number when the wanted
/// one is taken.
///
/// # Errors
/// The database failed, or the file cannot be written.
pub async fn copy_file(admin: &mut Admin, to: &Path) -> Result<PathBuf, MigrateError> {
    // A connection that only reads makes no copy either; the database itself is not written to.
    admin.link().run_script(dialect::MAY_COPY).await?;
    copy(&mut admin.link(), to.to_owned()).await
}
