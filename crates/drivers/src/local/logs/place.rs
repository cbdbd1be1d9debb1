//! Places in a log, and reading on from one. Blocking: called on threads that may block.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use domain::ports::LogLine;

use super::segment;

/// Bytes read at once: bounds the memory of a reader.
const BLOCK: usize = 64 * 1024;

/// A place between two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub generation: u64,
    pub offset: u64,
}

impl Place {
    /// Before the oldest line.
    pub const START: Place = Place {
        generation: 0,
        offset: 0,
    };

    pub fn cursor(self) -> String {
        format!("{:x}-{:x}", self.generation, self.offset)
    }

    pub fn parse(cursor: &str) -> Option<Self> {
        let (generation, offset) = cursor.split_once('-')?;
        Some(Self {
            generation: u64::from_str_radix(generation, 16).ok()?,
            offset: u64::from_str_radix(offset, 16).ok()?,
        })
    }

    /// Behind the newest byte.
    pub fn end(dir: &Path) -> io::Result<Self> {
        let Some(&generation) = segment::generations(dir)?.last() else {
            return Ok(Self::START);
        };
        let offset = size_of(dir, generation)?;
        Ok(Self { generation, offset })
    }

    /// Before the newest `count` lines.
    pub fn before_last(dir: &Path, count: usize) -> io::Result<Self> {
        let mut missing = count;
        for &generation in segment::generations(dir)?.iter().rev() {
            if let Some(offset) = before_last_in(dir, generation, &mut missing)? {
                return Ok(Self { generation, offset });
            }
        }
        Ok(Self::START)
    }
}

fn size_of(dir: &Path, generation: u64) -> io::Result<u64> {
    match std::fs::metadata(segment::path(dir, generation)) {
        Ok(meta) => Ok(meta.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

fn open(dir: &Path, generation: u64) -> io::Result<Option<File>> {
    match File::open(segment::path(dir, generation)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Walks a segment from its end. The offset before its last `missing` lines, or none when it has fewer, which are taken
/// off `missing`.
fn before_last_in(dir: &Path, generation: u64, missing: &mut usize) -> io::Result<Option<u64>> {
    let Some(mut file) = open(dir, generation)? else {
        return Ok(None);
    };
    let mut end = file.metadata()?.len();
    let mut ends_seen = 0;
    let mut block = vec![0; BLOCK];
    while end > 0 {
        let start = end.saturating_sub(BLOCK as u64);
        let block = &mut block[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(block)?;
        for at in (0..block.len()).rev().filter(|&at| block[at] == b'\n') {
            if ends_seen == *missing {
                return Ok(Some(start + at as u64 + 1));
            }
            ends_seen += 1;
        }
        end = start;
    }
    *missing -= ends_seen;
    Ok((*missing == 0).then_some(0))
}

/// Reads whole lines from `place` on, moves it behind them, and stops after about [`BLOCK`] bytes or at `until`. No lines
/// and an unmoved place: there is nothing more for now.
pub(super) fn read_on(
    dir: &Path,
    place: &mut Place,
    until: Option<Place>,
) -> io::Result<Vec<LogLine>> {
    loop {
        // Listed before reading: when a later segment is there by now, this one is complete.
        let next = segment::generations(dir)?
            .into_iter()
            .find(|&generation| generation > place.generation);
        let lines = read_segment(dir, place)?;
        let past = |line: &LogLine| {
            until.is_some_and(|end| Place::parse(&line.cursor).is_none_or(|at| at > end))
        };
        if !lines.is_empty() {
            return Ok(lines.into_iter().take_while(|line| !past(line)).collect());
        }
        match next {
            Some(generation) if until.is_none_or(|end| generation <= end.generation) => {
                *place = Place {
                    generation,
                    offset: 0,
                }
            }
            _ => return Ok(Vec::new()),
        }
    }
}

/// The next whole lines of one segment, none at its end. What is not a line is passed over.
fn read_segment(dir: &Path, place: &mut Place) -> io::Result<Vec<LogLine>> {
    let Some(mut file) = open(dir, place.generation)? else {
        return Ok(Vec::new());
    };
    let mut bytes = Vec::new();
    loop {
        file.seek(SeekFrom::Start(place.offset))?;
        bytes.clear();
        (&file).take(BLOCK as u64).read_to_end(&mut bytes)?;
        let Some(last) = bytes.iter().rposition(|&byte| byte == b'\n') else {
            if bytes.len() < BLOCK {
                return Ok(Vec::new());
            }
            // No line of ours is this long; the file was damaged.
            place.offset += bytes.len() as u64;
            continue;
        };
        let mut lines = Vec::new();
        for line in bytes[..=last].split_inclusive(|&byte| byte == b'\n') {
            place.offset += line.len() as u64;
            if let Some((at, text)) = segment::decode(&line[..line.len() - 1]) {
                lines.push(LogLine {
                    at,
                    text,
                    cursor: place.cursor(),
                });
            }
        }
        if !lines.is_empty() {
            return Ok(lines);
        }
    }
}
