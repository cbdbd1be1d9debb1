//! What went wrong, with the exit code that scripts rely on. The words are the store's own: they hold the cure.

use std::fmt::Display;

use store::admin::{AdminError, BackupError, RestoreError, VerifyError};
use store::schema::MigrationsError;
use store::{DialKind, MigrateError, OpenError};

use crate::exit::{Exit, Fault};

fn told(exit: Exit, error: &impl Display) -> Fault {
    Fault::new(exit, error.to_string())
}

/// The exit code of a database that was not opened.
pub fn exit_of_open(error: &OpenError) -> Exit {
    match error {
        OpenError::InUse(_) => Exit::Refused,
        OpenError::NotThere(_) => Exit::NotFound,
        OpenError::Dial(error) if *error.kind() == DialKind::DiskFull => Exit::Platform,
        OpenError::Dial(error) if error.kind().is_passing() => Exit::Unreachable,
        OpenError::Schema(error) => exit_of_migrate(error),
        OpenError::Database(_) => Exit::Platform,
        _ => Exit::BadInput,
    }
}

fn exit_of_migrate(error: &MigrateError) -> Exit {
    match error {
        MigrateError::Step { .. } | MigrateError::Backup { .. } | MigrateError::Database(_) => {
            Exit::Platform
        }
        MigrateError::Files(_) => Exit::BadInput,
        _ => Exit::Refused,
    }
}

impl From<OpenError> for Fault {
    fn from(error: OpenError) -> Self {
        told(exit_of_open(&error), &error)
    }
}

impl From<MigrateError> for Fault {
    fn from(error: MigrateError) -> Self {
        told(exit_of_migrate(&error), &error)
    }
}

impl From<MigrationsError> for Fault {
    fn from(error: MigrationsError) -> Self {
        told(Exit::BadInput, &error)
    }
}

impl From<AdminError> for Fault {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Open(error) => error.into(),
            AdminError::Schema(error) => error.into(),
            AdminError::Refused(_) | AdminError::Busy => told(Exit::Refused, &error),
            AdminError::Database(_) => told(Exit::Platform, &error),
        }
    }
}

impl From<BackupError> for Fault {
    fn from(error: BackupError) -> Self {
        let exit = match &error {
            BackupError::Schema(schema) => exit_of_migrate(schema),
            BackupError::Nothing => Exit::NotFound,
            BackupError::Exists(_) | BackupError::BeingWritten(_) => Exit::Refused,
            BackupError::File { .. } => Exit::BadInput,
            BackupError::Stopped => Exit::Interrupted,
            _ => Exit::Platform,
        };
        told(exit, &error)
    }
}

impl From<VerifyError> for Fault {
    fn from(error: VerifyError) -> Self {
        let exit = match &error {
            VerifyError::CannotOpen { source, .. }
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Exit::NotFound
            }
            _ => Exit::BadInput,
        };
        told(exit, &error)
    }
}

impl From<RestoreError> for Fault {
    fn from(error: RestoreError) -> Self {
        let exit = match error {
            RestoreError::File(error) => return error.into(),
            RestoreError::Schema(error) => return error.into(),
            RestoreError::Newer { .. }
            | RestoreError::OtherSchema(_)
            | RestoreError::OtherKey { .. } => Exit::Refused,
            RestoreError::Unfit { .. } | RestoreError::Dangling { .. } => Exit::BadInput,
            RestoreError::Stopped => Exit::Interrupted,
            _ => Exit::Platform,
        };
        told(exit, &error)
    }
}
