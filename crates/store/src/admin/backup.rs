//! `havre db backup`: a whole database into one file, as it was at one moment, while servers go on writing.

mod error;
mod file;
mod header;
mod sink;

use std::path::PathBuf;

use futures_util::TryStreamExt;
use tokio::sync::mpsc;

pub use error::BackupError;
pub use file::default_name;

use super::Admin;
use crate::dialect::bulk;
use crate::portable::Header;
use crate::schema::{Migrations, Schema};
use crate::sql::{Link, query};
use sink::{Message, Part};

/// Where a backup goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupTo {
    /// A new file of this name. It is never replaced when it is there.
    File(PathBuf),
    /// A new file in this folder, named by the time: `havre-20261122T230509Z.backup`.
    Folder(PathBuf),
    /// The standard output.
    Stdout,
}

/// How far a backup or a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// How much of it is done: rows; of [`Phase::Checking`] bytes; of [`Phase::Indexing`] steps.
    pub done: u64,
    /// Out of how much.
    pub total: u64,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Rows go from the database into the file.
    Saving,
    /// The file is read through, before anything is changed.
    Checking,
    /// Rows go from the file into the database.
    Loading,
    /// Indexes are made, and the schema is brought up to date.
    Indexing,
}

/// Is told how far it is, now and then.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// Its file; none when it went to the standard output.
    pub path: Option<PathBuf>,
    /// What it holds: tables, rows, schema, keys.
    pub header: Header,
    /// SHA-256, in hexadecimal, of the file but for its last part: what its last line says.
    pub sha256: String,
    /// Tables and columns of the database that are not Havre's, so that they are not in it.
    pub left_out: Vec<String>,
}

impl BackupReport {
    /// What its owner must know about the key; none when nothing in it is encrypted.
    #[must_use]
    pub fn about_keys(&self) -> Option<String> {
        crate::text::backup::about_keys(&self.header.keys)
    }
}

/// How many parts wait for it: memory is bounded.
const PARTS: usize = 3;

/// Makes a backup of everything that is Havre's. Servers may run and write meanwhile: it holds what was true when it began.
/// The key of the secrets is not in it. The future can be dropped at any time; nothing is left behind then.
///
/// # Errors
/// The database is not Havre's, or is in the middle of a migration, or the file cannot be written. No file is left then.
pub async fn backup(
    db: &mut Admin,
    migrations: &Migrations,
    to: BackupTo,
    progress: OnProgress<'_>,
) -> Result<BackupReport, BackupError> {
    let now = db.clock().now();
    let sink = sink::Sink::create(&to, now)?;
    let mut link = db.link();
    bulk::begin_snapshot(&mut link).await?;
    let report = inside(&mut link, migrations, now, sink, progress).await;
    let ended = bulk::end_snapshot(&mut link).await;
    let report = report?;
    ended?;
    Ok(report)
}

/// Inside the moment that is saved.
async fn inside(
    link: &mut Link<'_>,
    migrations: &Migrations,
    now: chrono::DateTime<chrono::Utc>,
    sink: sink::Sink,
    progress: OnProgress<'_>,
) -> Result<BackupReport, BackupError> {
    let (header, schema) = header::describe(link, migrations, now).await?;
    let left_out = header::left_out(link, &header, migrations).await?;
    let (parts, inbox) = mpsc::channel(PARTS);
    let writing = tokio::task::spawn_blocking({
        let header = header.clone();
        move || sink::write(sink, header, inbox)
    });
    let sent = send_all(link, &header, schema, parts, progress).await;
    // When it went away, it says why; what was not sent is the consequence.
    let written = writing.await.map_err(|_| BackupError::Stopped)?;
    sent?;
    let (path, written) = written?;
    Ok(BackupReport {
        path,
        header,
        sha256: written.sha256,
        left_out,
    })
}

/// Sends every row, then the word that this was all: a writer that does not hear it throws its file away.
async fn send_all(
    link: &mut Link<'_>,
    header: &Header,
    schema: &Schema,
    parts: mpsc::Sender<Message>,
    progress: OnProgress<'_>,
) -> Result<(), sqlx::Error> {
    let mut sending = Sending {
        parts,
        progress,
        done: 0,
        total: header.rows(),
    };
    for (index, table) in header.tables.iter().enumerate() {
        let key = schema.table(&table.name).map(|table| &table.primary_key);
        let select = bulk::select(link.dialect(), table, key.map_or(&[], Vec::as_slice));
        let mut rows = query(select).fetch(link.again());
        let mut part = Part::of(index, table.columns.len());
        while let Some(row) = rows.try_next().await? {
            bulk::read_row(&row, &table.columns, &mut part.values)?;
            if part.is_full() {
                let next = Part::of(index, table.columns.len());
                sending.send(std::mem::replace(&mut part, next)).await;
            }
        }
        sending.send(part).await;
    }
    sending.end().await;
    Ok(())
}

/// The way to the writing thread. When that is gone it has an error of its own, and nothing more is said to it.
struct Sending<'a> {
    parts: mpsc::Sender<Message>,
    progress: OnProgress<'a>,
    done: u64,
    total: u64,
}

impl Sending<'_> {
    async fn send(&mut self, part: Part) {
        self.done += part.rows();
        let gone = self.parts.send(Message::Rows(part)).await.is_err();
        if !gone {
            (self.progress)(Progress {
                phase: Phase::Saving,
                done: self.done,
                total: self.total,
            });
        }
    }

    async fn end(self) {
        drop(self.parts.send(Message::End).await);
    }
}
