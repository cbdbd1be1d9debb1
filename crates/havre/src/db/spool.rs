//! A backup that is piped in. It is read twice, to its end before anything is changed, so it is kept meanwhile in a file that
//! has no name and is gone with the process, however that ends.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use crate::exit::{Exit, Fault};
use crate::text;

/// What gzip begins with, and so every backup.
const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// So much stays free on the disk, for whoever else needs it.
const LEAVE: u64 = 256 << 20;
/// How often the room is looked at, in bytes.
const PART: u64 = 16 << 20;

/// The file to read: the one that was named, or one that holds what was piped in.
pub struct Source {
    path: PathBuf,
    piped: Option<File>,
}

impl Source {
    /// `-` is the standard input; `beside`: the folder whose disk keeps it.
    pub async fn of(file: &Path, beside: &Path) -> Result<Self, Fault> {
        if file != Path::new("-") {
            return Ok(Self {
                path: file.to_owned(),
                piped: None,
            });
        }
        let stdin = io::stdin();
        if stdin.is_terminal() {
            let fault = Fault::new(Exit::BadInput, text::DB_STDIN_TERMINAL);
            return Err(fault.cure(text::DB_STDIN_TERMINAL_CURE));
        }
        let beside = beside.to_owned();
        let kept = tokio::task::spawn_blocking(move || keep(stdin.lock(), &beside, LEAVE));
        let file = kept
            .await
            .unwrap_or_else(|_| Err(Fault::new(Exit::Interrupted, text::INTERRUPTED)))?;
        Ok(Self {
            path: format!("/proc/self/fd/{}", file.as_raw_fd()).into(),
            piped: Some(file),
        })
    }

    /// Its path, for as long as this lives.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A fault in words that name what the user named.
    pub fn named(&self, fault: Fault) -> Fault {
        match self.piped {
            None => fault,
            Some(_) => Fault {
                what: fault
                    .what
                    .replace(&*self.path.to_string_lossy(), text::DB_STDIN),
                ..fault
            },
        }
    }
}

fn keep(mut from: impl Read, beside: &Path, leave: u64) -> Result<File, Fault> {
    let folder = beside.ancestors().find(|folder| folder.is_dir());
    let folder = folder.unwrap_or(Path::new("/"));
    let broken = |error: io::Error| {
        let what = text::db_stdin_failed(folder, &error.to_string());
        Fault::new(Exit::Platform, what).cure(text::DB_STDIN_CURE)
    };
    let mut head = Vec::new();
    let got = from
        .by_ref()
        .take(MAGIC.len() as u64)
        .read_to_end(&mut head);
    got.map_err(broken)?;
    // What can never be one is not waited for.
    if head != MAGIC {
        return Err(Fault::new(Exit::BadInput, text::DB_STDIN_NO_BACKUP));
    }
    let mut file = tempfile::tempfile_in(folder).map_err(broken)?;
    file.write_all(&head).map_err(broken)?;
    loop {
        if room(folder).map_err(broken)? < leave + PART {
            let fault = Fault::new(Exit::Platform, text::db_stdin_too_large(folder));
            return Err(fault.cure(text::DB_STDIN_CURE));
        }
        let copied = io::copy(&mut from.by_ref().take(PART), &mut file).map_err(broken)?;
        if copied == 0 {
            return Ok(file);
        }
    }
}

/// Bytes that are free.
fn room(folder: &Path) -> io::Result<u64> {
    let found = statvfs(folder)?;
    Ok(found.blocks_available() * found.fragment_size())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_piped_in_is_kept_whole_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let data = [&MAGIC[..], &[7; 100_000]].concat();
        let file = keep(&data[..], &folder.path().join("not/there"), 0).unwrap();
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        assert_eq!(std::fs::read(&path).unwrap(), data);
        assert_eq!(
            std::fs::read(&path).unwrap(),
            data,
            "from its beginning, each time"
        );
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn no_backup_and_too_much_are_refused_without_reading_on() {
        let folder = tempfile::tempdir().unwrap();
        let endless = keep(io::repeat(0), folder.path(), 0).unwrap_err();
        assert_eq!(endless.exit, Exit::BadInput);
        let full = keep(&MAGIC[..], folder.path(), u64::MAX / 2).unwrap_err();
        assert_eq!(full.exit, Exit::Platform, "{full}");
    }
}
