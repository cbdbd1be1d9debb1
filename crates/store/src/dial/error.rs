//! What can be in the way to a database, each with its cure.

use std::path::PathBuf;

use crate::target::DatabaseTarget;
use crate::text;

/// What is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialKind {
    /// The folder of the file is not there.
    MissingFolder(PathBuf),
    /// What should be a file, or its folder, is something else.
    NotAFile(PathBuf),
    /// The user of this process may not read or write this file or folder.
    NoAccess(PathBuf),
    /// The file is not an SQLite database.
    NotADatabase(PathBuf),
    /// Nothing can be written: the file, its file system, or the server (a standby, `read_only`).
    ReadOnly,
    /// The disk of the database is full.
    DiskFull,
    /// The host name is not known.
    UnknownHost(String),
    /// Nobody listens there.
    Refused,
    /// No socket is there.
    NoSocket(PathBuf),
    /// No way leads there.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The server hung up.
    Dropped,
    /// What answers speaks something else.
    NotThatServer,
    /// The password is wrong, or the user does not exist: servers do not tell which.
    WrongPassword,
    /// There is no such user, or it may not log in.
    NoSuchUser,
    /// The server takes no connection of this user from here, or none without TLS.
    NotAdmitted,
    /// It wants to know who we are in a way that Havre does not speak.
    AuthMethod,
    /// The password holds characters that the driver cannot log in with.
    PasswordCharacters,
    /// It would take the password only over TLS.
    NeedsTls,
    /// There is no such database.
    NoSuchDatabase,
    /// The user may not use the database.
    NotAllowed,
    /// The server takes nothing without TLS.
    TlsRequired,
    /// TLS is asked for, and the server has none.
    NoTls,
    /// The certificate is not to be trusted.
    BadCertificate,
    /// TLS came to nothing.
    TlsFailed,
    /// A file of the TLS settings cannot be read.
    TlsFile(PathBuf),
    /// The server is too old. Holds what it is and what is needed.
    TooOld(String, &'static str),
    /// The database does not hold UTF-8. Holds its encoding.
    Encoding(String),
    /// The server starts or stops.
    NotReady,
    /// The server has no connection left.
    TooManyConnections,
    /// Something else.
    Other,
}

impl DialKind {
    /// True when waiting may help: what a lost server and a restarted one look like. Trying again is right then, and
    /// useless else.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::NoSocket(_)
                | Self::UnknownHost(_)
                | Self::Unreachable
                | Self::TimedOut
                | Self::Dropped
                | Self::NotReady
                | Self::TooManyConnections
                | Self::DiskFull
        )
    }
}

/// Why a database was not reached: what happened and what to do. Never holds a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {}", self.what(), self.cure())]
pub struct DialError {
    kind: Box<DialKind>,
    target: String,
    is_server: bool,
    is_mysql: bool,
    said: Option<String>,
}

impl DialError {
    /// For a target. `said` is what server or system said of it; it is left out when the password is in it.
    pub(crate) fn new(target: &DatabaseTarget, kind: DialKind, said: Option<&str>) -> Self {
        let server = match target {
            DatabaseTarget::Postgres(server) | DatabaseTarget::MySql(server) => Some(server),
            _ => None,
        };
        let password = server.and_then(|server| server.password.as_ref());
        let leaks = |said: &str| password.is_some_and(|secret| holds(said, secret.expose()));
        Self {
            kind: Box::new(kind),
            target: target.to_string(),
            is_server: server.is_some(),
            is_mysql: matches!(target, DatabaseTarget::MySql(_)),
            said: said.filter(|said| !leaks(said)).map(tidy),
        }
    }

    /// What is in the way.
    pub fn kind(&self) -> &DialKind {
        &self.kind
    }

    /// What happened, as one sentence.
    pub fn what(&self) -> String {
        text::dial_what(&self.kind, &self.target, self.said.as_deref())
    }

    /// What to do.
    pub fn cure(&self) -> String {
        text::dial_cure(&self.kind, self.is_server, self.is_mysql)
    }
}

fn holds(said: &str, secret: &str) -> bool {
    !secret.is_empty() && said.contains(secret)
}

/// One line of bounded length, without control characters: it comes from outside.
fn tidy(said: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    said.trim().chars().map(plain).take(300).collect()
}
