//! What the shim feeds the output of an app to.

use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{LineCleaner, LogWriter};

/// A cleaner in front of a writer: bytes of a pipe in, lines of a log out.
#[derive(Debug)]
pub struct LogSink {
    cleaner: LineCleaner,
    writer: LogWriter,
}

impl LogSink {
    /// Opens the log in `dir`, made when missing.
    pub fn open(dir: &Path) -> io::Result<Self> {
        Ok(Self {
            cleaner: LineCleaner::default(),
            writer: LogWriter::open(dir)?,
        })
    }

    /// Takes a chunk of output as it was read.
    pub fn feed(&mut self, at: DateTime<Utc>, bytes: &[u8]) {
        let mut lines = Vec::new();
        self.cleaner.push(bytes, &mut |line| lines.push(line));
        self.writer.write(at, &lines);
    }

    /// Writes a line of the platform's own, after what the app has begun.
    pub fn note(&mut self, at: DateTime<Utc>, text: &str) {
        self.end(at);
        self.writer.write(at, &[text.to_owned()]);
    }

    /// Writes what came after the last line end: the output is over.
    pub fn end(&mut self, at: DateTime<Utc>) {
        let mut lines = Vec::new();
        self.cleaner.end(&mut |line| lines.push(line));
        self.writer.write(at, &lines);
    }

    /// Lines dropped because they could not be written.
    pub fn dropped(&self) -> u64 {
        self.writer.dropped()
    }
}
