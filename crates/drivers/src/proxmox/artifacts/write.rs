//! From an archive as it comes to a compressed one, and to the name of what is in it, in one pass and at constant memory.

use std::fs::File;
use std::io::{self, Read, Write};

use domain::ArtifactId;
use domain::guest::Sealed;
use domain::ports::DriverError;
use tar::EntryType;

use crate::local::content::{Body, Streamed};
use crate::text::inside as text;

/// Compresses as fast as a disk writes.
const LEVEL: i32 = 1;

/// What an entry costs beyond its content: names and inodes count, too.
const ENTRY: u64 = 512;

/// Copies an archive, compressed, and says what is in it.
pub fn take(archive: &mut dyn Read, out: &File, most: u64) -> Result<Sealed, DriverError> {
    let encoder = zstd::Encoder::new(out, LEVEL).map_err(text::cannot_store)?;
    let mut tee = Tee {
        from: archive,
        into: io::BufWriter::with_capacity(128 * 1024, encoder),
        left: most.saturating_add(most / 8),
        trouble: None,
    };
    let hashed = hash(&mut tee, most);
    // What follows the last entry belongs to the archive as well.
    let hashed = hashed.and_then(|sealed| {
        io::copy(&mut tee, &mut io::sink())?;
        Ok(sealed)
    });
    let (hash, bytes) = match (hashed, tee.trouble.take()) {
        (_, Some(Trouble::TooLarge)) => return Err(text::artifact_too_large(most)),
        (_, Some(Trouble::Write(error))) => return Err(text::cannot_store(error)),
        (Err(error), None) => return Err(text::bad_archive(error)),
        (Ok(sealed), None) => sealed,
    };
    let encoder = tee.into.into_inner();
    let encoder = encoder.map_err(|error| text::cannot_store(error.into_error()))?;
    encoder.finish().map_err(text::cannot_store)?;
    let id = hash.parse::<ArtifactId>();
    let id = id.map_err(|error| DriverError::other("name the artifact", error.to_string()))?;
    Ok(Sealed { id, bytes })
}

enum Trouble {
    TooLarge,
    Write(io::Error),
}

/// Everything that is read through it is written as well. Its own troubles are kept aside, since a parser of archives
/// would wrap them.
struct Tee<'a, W: Write> {
    from: &'a mut dyn Read,
    into: W,
    left: u64,
    trouble: Option<Trouble>,
}

impl<W: Write> Read for Tee<'_, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.from.read(buffer)?;
        let Some(left) = self.left.checked_sub(length as u64) else {
            self.trouble = Some(Trouble::TooLarge);
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        if let Err(error) = self.into.write_all(&buffer[..length]) {
            self.trouble = Some(Trouble::Write(error));
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(length)
    }
}

/// The hash of what is in an archive, and its size.
fn hash<W: Write>(tee: &mut Tee<'_, W>, most: u64) -> io::Result<(String, u64)> {
    let mut archive = tar::Archive::new(&mut *tee);
    let mut hash = Streamed::default();
    let mut sum: u64 = 0;
    let mut over = false;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path_bytes().into_owned();
        let path = plain(&path);
        if path.is_empty() {
            continue;
        }
        let size = entry.size();
        sum = sum.saturating_add(size).saturating_add(ENTRY);
        if sum > most {
            over = true;
            break;
        }
        let mode = entry.header().mode()? & 0o777;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::Symlink => {
                let target = entry.link_name_bytes().unwrap_or_default().into_owned();
                hash.entry(path, libc::S_IFLNK | 0o777, Body::Link(&target))?;
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                hash.entry(path, libc::S_IFREG | mode, Body::File(size, &mut entry))?;
            }
            EntryType::Directory => hash.entry(path, libc::S_IFDIR | mode, Body::None)?,
            EntryType::Fifo => hash.entry(path, libc::S_IFIFO | mode, Body::None)?,
            other => return Err(io::Error::other(text::odd_entry(other.as_byte()))),
        }
    }
    if over {
        tee.trouble = Some(Trouble::TooLarge);
    }
    Ok((hash.finish(), sum))
}

/// A path without `./` before it and `/` behind it.
fn plain(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let path = path.strip_suffix(b"/").unwrap_or(path);
    if path == b"." { b"" } else { path }
}
