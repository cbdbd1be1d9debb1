//! Gzip members, as this format uses them: one fixed header, one whole text each.

use std::io::{self, BufRead, Write};

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};
use sha2::{Digest, Sha256};

use super::{Broken, MAX_TEXT};
use crate::text::backup as text;

/// Deflate, no flags, no time, no name, unknown system. Always the same, so that a flipped bit in it shows.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// CRC-32 and length of the text.
const TAIL: usize = 8;
/// How long a text can be that is stored as it is: one block of deflate.
const MAX_STORED: usize = 0xffff;
/// A member's text is made room for in steps of this.
const STEP: usize = 64 << 10;

/// Writes members one after the other, and counts and hashes their bytes.
pub(super) struct Members<W> {
    output: W,
    deflate: Compress,
    packed: Vec<u8>,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Members<W> {
    pub(super) fn new(output: W) -> Self {
        Self {
            output,
            deflate: Compress::new(Compression::fast(), false),
            packed: Vec::new(),
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// Writes a text as one member.
    pub(super) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.packed.clear();
        self.packed.extend_from_slice(&HEAD);
        self.pack(text)?;
        self.packed.extend_from_slice(&tail(text));
        self.hash.update(&self.packed);
        self.bytes += self.packed.len() as u64;
        self.output.write_all(&self.packed)
    }

    fn pack(&mut self, text: &[u8]) -> io::Result<()> {
        self.deflate.reset();
        loop {
            let done = usize::try_from(self.deflate.total_in()).unwrap_or(usize::MAX);
            let rest = text.get(done..).unwrap_or_default();
            self.packed.reserve(rest.len() / 4 + STEP);
            let status =
                self.deflate
                    .compress_vec(rest, &mut self.packed, FlushCompress::Finish)?;
            if status == Status::StreamEnd {
                return Ok(());
            }
        }
    }

    /// How many bytes were written, and their SHA-256 in hexadecimal.
    pub(super) fn so_far(&self) -> (u64, String) {
        (self.bytes, hex::encode(self.hash.clone().finalize()))
    }

    /// Writes the last member, which is not compressed.
    pub(super) fn end(mut self, text: &[u8]) -> io::Result<W> {
        let member = stored(text).ok_or_else(|| io::Error::other("the last line is too long"))?;
        self.output.write_all(&member)?;
        self.output.flush()?;
        Ok(self.output)
    }
}

fn tail(text: &[u8]) -> [u8; TAIL] {
    let mut crc = Crc::new();
    crc.update(text);
    let mut tail = [0; TAIL];
    tail[..4].copy_from_slice(&crc.sum().to_le_bytes());
    tail[4..].copy_from_slice(&crc.amount().to_le_bytes());
    tail
}

/// A member in its one uncompressed form; none when the text is too long for that.
pub(super) fn stored(text: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(text.len()).ok()?;
    debug_assert!(text.len() <= MAX_STORED);
    let mut member = HEAD.to_vec();
    // The last block, stored; its length, and the length's complement.
    member.push(1);
    member.extend_from_slice(&length.to_le_bytes());
    member.extend_from_slice(&(!length).to_le_bytes());
    member.extend_from_slice(text);
    member.extend_from_slice(&tail(text));
    Some(member)
}

/// Reads members one after the other. Takes no more memory than the largest text that there may be.
pub(super) struct MemberReader<R> {
    input: R,
    inflate: Decompress,
    /// The bytes of the present member as they stand in the file.
    raw: Vec<u8>,
    /// Of all bytes before it.
    hash: Sha256,
    /// Where it begins.
    at: u64,
}

impl<R: BufRead> MemberReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            inflate: Decompress::new(false),
            raw: Vec::new(),
            hash: Sha256::new(),
            at: 0,
        }
    }

    /// Where the present member begins.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// SHA-256, in hexadecimal, of all bytes before the present member.
    pub(super) fn sha256_before(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }

    /// The present member as it stands in the file.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    pub(super) fn damaged(&self, why: impl Into<String>) -> Broken {
        Broken::Damaged {
            at: self.at,
            why: why.into(),
        }
    }

    /// Goes to the next member and puts its text in place of what `text` holds. False at the end of the file.
    pub(super) fn next(&mut self, text: &mut Vec<u8>) -> Result<bool, Broken> {
        self.hash.update(&self.raw);
        self.at += self.raw.len() as u64;
        self.raw.clear();
        text.clear();
        if self.fill()?.is_empty() {
            return Ok(false);
        }
        self.head()?;
        self.body(text)?;
        let mut found = [0; TAIL];
        self.exactly(&mut found)?;
        if found == tail(text) {
            Ok(true)
        } else {
            Err(self.damaged(text::CHECKSUM))
        }
    }

    fn head(&mut self) -> Result<(), Broken> {
        let mut found = [0; HEAD.len()];
        match self.exactly(&mut found) {
            Ok(()) if found == HEAD => Ok(()),
            Ok(()) if self.at == 0 => Err(Broken::NotABackup),
            Ok(()) => Err(self.damaged(text::NOT_A_MEMBER)),
            // A few bytes that do not even begin like a backup.
            Err(Broken::Cut { .. }) if self.at == 0 && !HEAD.starts_with(&self.raw) => {
                Err(Broken::NotABackup)
            }
            Err(error) => Err(error),
        }
    }

    fn body(&mut self, text: &mut Vec<u8>) -> Result<(), Broken> {
        self.inflate.reset(false);
        loop {
            if text.len() > MAX_TEXT || self.raw.len() > MAX_TEXT + STEP {
                return Err(self.damaged(text::BLOCK_TOO_BIG));
            }
            text.reserve(STEP);
            let (read, wrote) = (self.inflate.total_in(), text.len());
            let input = fill(&mut self.input)?;
            if input.is_empty() {
                return Err(Broken::Cut { at: self.at });
            }
            let status = self
                .inflate
                .decompress_vec(input, text, FlushDecompress::None);
            let used = usize::try_from(self.inflate.total_in() - read).unwrap_or(usize::MAX);
            self.raw.extend_from_slice(&input[..used.min(input.len())]);
            self.input.consume(used);
            match status {
                Ok(Status::StreamEnd) => return Ok(()),
                Ok(_) if used > 0 || text.len() > wrote => {}
                _ => return Err(self.damaged(text::NOT_DEFLATE)),
            }
        }
    }

    /// Reads just these bytes of the present member.
    fn exactly(&mut self, bytes: &mut [u8]) -> Result<(), Broken> {
        let mut done = 0;
        while done < bytes.len() {
            let input = fill(&mut self.input)?;
            if input.is_empty() {
                return Err(Broken::Cut { at: self.at });
            }
            let count = input.len().min(bytes.len() - done);
            bytes[done..done + count].copy_from_slice(&input[..count]);
            self.raw.extend_from_slice(&input[..count]);
            self.input.consume(count);
            done += count;
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<&[u8], Broken> {
        fill(&mut self.input)
    }
}

fn fill<R: BufRead>(input: &mut R) -> Result<&[u8], Broken> {
    loop {
        match input.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Asked again for the borrow checker: what is in the buffer is given without reading.
    Ok(input.fill_buf()?)
}
