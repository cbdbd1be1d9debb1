//! From a compressed archive to its bytes.

use std::fs::File;
use std::io::{self, Write};

/// Writes out what is in it.
pub fn unpack(file: File, out: &mut dyn Write) -> io::Result<()> {
    let mut decoder = zstd::Decoder::new(file)?;
    io::copy(&mut decoder, out).map(drop)
}
