//! `havre db verify`: is a file a whole backup, and what is in it?

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use super::backup::{Phase, Progress};
use crate::portable::{Block, Broken, Header, Reader, Written};
use crate::text::backup as text;

/// Why a file is not a backup that can be restored.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such file, or it may not be read.
    #[error("{}", text::cannot_open(path, source))]
    CannotOpen {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a whole backup.
    #[error("{}: {why}", path.display())]
    Broken {
        /// Which.
        path: std::path::PathBuf,
        /// What is wrong with it.
        why: Broken,
    },
}

/// A whole backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// What it holds.
    pub header: Header,
    /// What its last line says.
    pub written: Written,
    /// Its size in bytes.
    pub size: u64,
}

/// Reads a backup through and checks every byte. Needs no database. Blocks: not for an async thread.
///
/// # Errors
/// It is not a whole backup: what is wrong, and where.
pub fn verify(path: &Path, progress: &dyn Fn(Progress)) -> Result<VerifyReport, VerifyError> {
    let mut backup = Opened::open(path)?;
    while backup.next_block()?.is_some() {
        progress(backup.progress());
    }
    Ok(VerifyReport {
        header: backup.reader.header().clone(),
        written: backup.written()?,
        size: backup.size,
    })
}

/// A backup that is being read.
pub(super) struct Opened<'p> {
    path: &'p Path,
    size: u64,
    pub(super) reader: Reader<BufReader<File>>,
}

impl<'p> Opened<'p> {
    /// Only a file: a pipe could not be read twice, and opening one could take for ever.
    pub(super) fn open(path: &'p Path) -> Result<Self, VerifyError> {
        let cannot = |source| VerifyError::CannotOpen {
            path: path.to_owned(),
            source,
        };
        if !fs::metadata(path).map_err(cannot)?.is_file() {
            return Err(cannot(std::io::Error::other(text::NOT_A_FILE)));
        }
        let file = File::open(path).map_err(cannot)?;
        let size = file.metadata().map_err(cannot)?.len();
        let reader = Reader::open(BufReader::with_capacity(1 << 16, file));
        let reader = reader.map_err(|why| broken(path, why))?;
        Ok(Self { path, size, reader })
    }

    pub(super) fn next_block(&mut self) -> Result<Option<Block>, VerifyError> {
        self.reader
            .next_block()
            .map_err(|why| broken(self.path, why))
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            phase: Phase::Checking,
            done: self.reader.at(),
            total: self.size,
        }
    }

    /// What the last line says, once it was reached.
    pub(super) fn written(&self) -> Result<Written, VerifyError> {
        let end = self.reader.end().cloned();
        end.ok_or_else(|| {
            broken(
                self.path,
                Broken::Cut {
                    at: self.reader.at(),
                },
            )
        })
    }
}

fn broken(path: &Path, why: Broken) -> VerifyError {
    VerifyError::Broken {
        path: path.to_owned(),
        why,
    }
}
