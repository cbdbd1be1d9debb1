//! Appends lines to a log, starts new segments, and goes on when the disk is full.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::segment;
use crate::text::logs as text;

/// How much of a log is kept.
#[derive(Debug, Clone, Copy)]
pub struct LogLimits {
    /// A segment that reached this many bytes is followed by a new one.
    pub segment_bytes: u64,
    /// Segments kept, the one being written included.
    pub segments: u64,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self {
            segment_bytes: 10 * 1024 * 1024,
            segments: 4,
        }
    }
}

/// The writing end of a log. One writer at a time; synchronous, for the single-threaded shim.
#[derive(Debug)]
pub struct LogWriter {
    dir: PathBuf,
    limits: LogLimits,
    file: File,
    generation: u64,
    size: u64,
    dropped: u64,
    unreported: u64,
}

impl LogWriter {
    /// Opens the log in `dir` (made when missing) with the usual limits and goes on behind its last whole line.
    pub fn open(dir: &Path) -> io::Result<Self> {
        Self::open_with(dir, LogLimits::default())
    }

    /// As [`Self::open`], with limits of the caller.
    pub fn open_with(dir: &Path, limits: LogLimits) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let generation = segment::generations(dir)?.last().copied().unwrap_or(1);
        let mut file = open_segment(dir, generation)?;
        let size = cut_torn_line(&mut file)?;
        Ok(Self {
            dir: dir.to_owned(),
            limits,
            file,
            generation,
            size,
            dropped: 0,
            unreported: 0,
        })
    }

    /// Appends lines with one time. Never fails: what cannot be written is dropped and counted, and the log says so once
    /// there is room again.
    pub fn write(&mut self, at: DateTime<Utc>, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let mut batch = Vec::with_capacity(lines.iter().map(|line| line.len() + 29).sum());
        if self.unreported > 0 {
            segment::encode(at, &text::lines_lost(self.unreported), &mut batch);
        }
        for line in lines {
            segment::encode(at, line, &mut batch);
        }
        if self.append(&batch).is_ok() {
            self.unreported = 0;
        } else {
            self.dropped += lines.len() as u64;
            self.unreported += lines.len() as u64;
        }
    }

    /// Lines dropped since this writer was opened.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn append(&mut self, batch: &[u8]) -> io::Result<()> {
        if self.size > 0 && self.size + batch.len() as u64 > self.limits.segment_bytes {
            self.next_segment()?;
        }
        let written = self.file.write_all(batch);
        if written.is_err() {
            // Half a line would make the next one unreadable; giving space back works on a full disk.
            self.file.set_len(self.size)?;
        }
        written?;
        self.size += batch.len() as u64;
        Ok(())
    }

    /// Readers go to a higher generation only once this one is complete, which it is here: no line is missed or doubled.
    fn next_segment(&mut self) -> io::Result<()> {
        let generation = self.generation + 1;
        // On a full disk the oldest segment is what makes room for the newest lines.
        for old in segment::generations(&self.dir)? {
            if old + self.limits.segments <= generation {
                let _already_gone = std::fs::remove_file(segment::path(&self.dir, old));
            }
        }
        self.file = open_segment(&self.dir, generation)?;
        self.generation = generation;
        self.size = 0;
        Ok(())
    }
}

fn open_segment(dir: &Path, generation: u64) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o640)
        .open(segment::path(dir, generation))
}

/// A writer that was killed may have left half a line; readers never took it, so it can go. Gives the size.
fn cut_torn_line(file: &mut File) -> io::Result<u64> {
    let size = file.metadata()?.len();
    let window = size.min(2 * super::MAX_LINE as u64);
    file.seek(SeekFrom::Start(size - window))?;
    let mut tail = Vec::new();
    file.take(window).read_to_end(&mut tail)?;
    let whole = match tail.iter().rposition(|&byte| byte == b'\n') {
        Some(at) => size - window + at as u64 + 1,
        None if window == size => 0,
        None => size,
    };
    if whole < size {
        file.set_len(whole)?;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn text_of(dir: &Path) -> String {
        let segments = segment::generations(dir).unwrap();
        segments
            .iter()
            .map(|&g| std::fs::read_to_string(segment::path(dir, g)).unwrap())
            .collect()
    }

    #[test]
    fn half_a_line_of_a_killed_writer_goes() {
        let dir = tempfile::tempdir().unwrap();
        LogWriter::open(dir.path())
            .unwrap()
            .write(now(), &["whole".into()]);
        let mut file = open_segment(dir.path(), 1).unwrap();
        file.write_all(b"2027-01-15T08:00:00.000000Z ha").unwrap();
        LogWriter::open(dir.path())
            .unwrap()
            .write(now(), &["next".into()]);
        assert_eq!(
            text_of(dir.path()),
            "2027-01-15T08:00:00.000000Z whole\n2027-01-15T08:00:00.000000Z next\n"
        );
    }

    #[test]
    fn only_the_newest_segments_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let limits = LogLimits {
            segment_bytes: 100,
            segments: 3,
        };
        let mut writer = LogWriter::open_with(dir.path(), limits).unwrap();
        for number in 0..50 {
            writer.write(now(), &[format!("line {number}")]);
        }
        let left = segment::generations(dir.path()).unwrap();
        assert_eq!(left.len(), 3);
        let text = text_of(dir.path());
        assert!(text.ends_with("line 49\n") && text.len() <= 300 && !text.contains("line 10\n"));
        assert_eq!(writer.dropped(), 0);
    }

    #[test]
    fn what_cannot_be_written_is_counted_and_said_later() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = LogWriter::open(dir.path()).unwrap();
        writer.write(now(), &["before".into()]);
        let good = std::mem::replace(
            &mut writer.file,
            OpenOptions::new().write(true).open("/dev/full").unwrap(),
        );
        writer.write(now(), &["lost 1".into(), "lost 2".into()]);
        assert_eq!(writer.dropped(), 2);
        writer.file = good;
        writer.write(now(), &["after".into()]);
        let text = text_of(dir.path());
        assert!(
            text.contains(&text::lines_lost(2))
                && text.contains("after")
                && !text.contains("lost 1"),
            "{text}"
        );
    }
}
