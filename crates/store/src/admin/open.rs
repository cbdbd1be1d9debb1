//! A database opened for an administrator: one connection, no key, and whatever schema it has.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ports::Clock;
use sqlx::ConnectOptions;

use crate::database::{PATIENCE, claim_file};
use crate::dial::{Dialed, Need, Way, dial, sorted};
use crate::dialect::{self, Dialect};
use crate::error::OpenError;
use crate::lock::Lock;
use crate::sql::{Link, Owned, query};
use crate::target::DatabaseTarget;

/// What a command is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It only reads: also while a server runs. The database must be there.
    Look,
    /// It adds rows as any other program may, also while a server runs. The database must be there.
    Add,
    /// It changes the schema, or all of it: alone. An SQLite file is made when it is not there, and locked against servers.
    Alone,
}

/// The open database.
pub struct Admin {
    target: DatabaseTarget,
    connection: Owned,
    clock: Arc<dyn Clock>,
    /// No server can come in while this is open.
    _lock: Option<Lock>,
}

impl Admin {
    /// Opens it. An SQLite file that a server holds is refused where the command wants to be alone.
    pub async fn open(
        target: &DatabaseTarget,
        access: Access,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let need = match access {
            Access::Look => Need::Read,
            Access::Add | Access::Alone => Need::Write,
        };
        let dialed = dial(target, need, PATIENCE).await?;
        let lock = match access {
            Access::Alone => target.file().map(claim_file).transpose()?,
            Access::Look | Access::Add => there(target).map(|()| None)?,
        };
        let connection = connect(target, dialed, access)
            .await
            .map_err(|error| sorted(target, &error))?;
        Ok(Self {
            target: target.clone(),
            connection,
            clock,
            _lock: lock,
        })
    }

    /// Which database it is.
    pub fn target(&self) -> &DatabaseTarget {
        &self.target
    }

    /// What kind of database it is.
    pub fn dialect(&mut self) -> Dialect {
        self.link().dialect()
    }

    /// Closes it; SQLite's log is folded into the file when nobody else uses it.
    pub async fn close(self) -> Result<(), OpenError> {
        Ok(self.connection.close().await?)
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Now, by the database's clock where it has one.
    pub(crate) async fn now(&mut self) -> Result<DateTime<Utc>, sqlx::Error> {
        let asked = match dialect::now(self.dialect()) {
            Some(statement) => query(statement)
                .fetch_one(self.link())
                .await?
                .int_opt("now")?,
            None => None,
        };
        let now = asked.and_then(DateTime::from_timestamp_micros);
        Ok(now.unwrap_or_else(|| self.clock.now()))
    }

    /// To run a statement on.
    pub(crate) fn link(&mut self) -> Link<'_> {
        self.connection.link()
    }

    /// Begins a transaction that writes. Until [`Admin::commit`] nothing is true; a connection that is dropped undoes it.
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        let statement = match self.dialect() {
            Dialect::Sqlite => dialect::BEGIN_WRITE,
            _ => "BEGIN",
        };
        self.link().run_script(statement).await
    }

    /// Ends it, and it is true.
    pub(crate) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.link().run_script("COMMIT").await
    }

    /// Ends it as if it had not been.
    pub(crate) async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        self.link().run_script("ROLLBACK").await
    }
}

/// A command that neither makes nor changes the database says so where there is none.
fn there(target: &DatabaseTarget) -> Result<(), OpenError> {
    match target.file() {
        Some(path) if !path.exists() => Err(OpenError::NotThere(path.to_owned())),
        _ => Ok(()),
    }
}

async fn connect(
    target: &DatabaseTarget,
    dialed: Dialed,
    access: Access,
) -> Result<Owned, sqlx::Error> {
    let dialect = dialed.server.dialect;
    let mut connection = match dialed.way {
        Way::Memory => Owned::Sqlite(dialect::memory().connect().await?),
        Way::File => {
            let path = target.file().unwrap_or(Path::new(""));
            let options = match access {
                Access::Look => dialect::reader(path),
                Access::Add | Access::Alone => dialect::connect::guest(path),
            };
            Owned::Sqlite(options.connect().await?)
        }
        Way::Postgres(options) => Owned::Postgres(options.connect().await?),
        Way::MySql(options) => Owned::MySql(options.connect().await?, dialect),
    };
    let greeting = dialect::connect::session(dialect);
    connection.link().run_script(greeting).await?;
    Ok(connection)
}
