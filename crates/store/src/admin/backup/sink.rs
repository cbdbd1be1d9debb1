//! The writing thread: rows come in parts, and are encoded, compressed and written while the next ones are read.

use std::io::{self, Write};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::file::PartFile;
use super::{BackupError, BackupTo};
use crate::portable::{Header, Value, Writer, Written};

/// Rows that are sent at once, and about how many bytes.
const ROWS: usize = 1000;
const BYTES: usize = 1 << 20;

/// Some rows of one table.
pub(super) struct Part {
    table: usize,
    width: usize,
    pub(super) values: Vec<Value>,
    bytes: usize,
    weighed: usize,
}

/// What the writing thread is told.
pub(super) enum Message {
    Rows(Part),
    /// That was all. Without it the backup is thrown away.
    End,
}

impl Part {
    /// An empty one for a table of so many columns.
    pub(super) fn of(table: usize, width: usize) -> Self {
        Self {
            table,
            width: width.max(1),
            values: Vec::with_capacity(ROWS * width),
            bytes: 0,
            weighed: 0,
        }
    }

    /// True when it should be sent before another row is added.
    pub(super) fn is_full(&mut self) -> bool {
        let new = &self.values[self.weighed..];
        self.bytes += new.iter().map(Value::least).sum::<usize>();
        self.weighed = self.values.len();
        self.bytes >= BYTES || self.values.len() >= ROWS * self.width
    }

    pub(super) fn rows(&self) -> u64 {
        (self.values.len() / self.width) as u64
    }
}

/// Where the bytes go.
pub(super) enum Sink {
    File(PartFile),
    Stdout,
}

impl Sink {
    pub(super) fn create(to: &BackupTo, now: DateTime<Utc>) -> Result<Self, BackupError> {
        Ok(match to {
            BackupTo::File(path) => Self::File(PartFile::create(path)?),
            BackupTo::Folder(folder) => Self::File(PartFile::create_in(folder, now)?),
            BackupTo::Stdout => Self::Stdout,
        })
    }

    fn finish(self) -> io::Result<Option<PathBuf>> {
        match self {
            Self::File(file) => file.finish().map(Some),
            Self::Stdout => Ok(None),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stdout => io::stdout().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stdout => io::stdout().flush(),
        }
    }
}

/// Writes everything that comes in, until it is told that this was all.
pub(super) fn write(
    sink: Sink,
    header: Header,
    mut inbox: mpsc::Receiver<Message>,
) -> Result<(Option<PathBuf>, Written), BackupError> {
    let mut writer = Writer::begin(sink, header)?;
    loop {
        match inbox.blocking_recv() {
            Some(Message::Rows(part)) => {
                for row in part.values.chunks(part.width) {
                    writer.row(part.table, row)?;
                }
            }
            Some(Message::End) => break,
            None => return Err(BackupError::Stopped),
        }
    }
    let (sink, written) = writer.finish()?;
    let path = sink.finish().map_err(crate::portable::CannotWrite::Io)?;
    Ok((path, written))
}
