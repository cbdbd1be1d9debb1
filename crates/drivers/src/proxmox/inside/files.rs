//! Single files in a guest.

use domain::ports::DriverError;

use super::enter::SHORT;
use super::shell::{Said, Shell};
use crate::text::inside as text;

const WRITE: &str = include_str!("scripts/write.sh");

/// A full disk, in the words of the C library and of tar.
const FULL: [&str; 2] = ["No space left on device", "Wrote only "];

/// Writes a file, whole or not at all, and the folders above it.
pub async fn write(
    shell: &dyn Shell,
    path: &str,
    mode: u32,
    owner: &str,
    bytes: &[u8],
) -> Result<(), DriverError> {
    let (mode, size) = (format!("{mode:o}"), bytes.len().to_string());
    let argv = [
        "/bin/sh",
        "-c",
        WRITE,
        "havre-write",
        path,
        &mode,
        owner,
        &size,
    ];
    let said = shell.run(&argv, bytes, SHORT).await?;
    done(&format!("write {path}"), said).map(drop)
}

/// What a command printed, if it went well.
pub fn done(what: &str, said: Said) -> Result<String, DriverError> {
    if said.is_success() {
        return Ok(said.stdout);
    }
    if FULL.iter().any(|words| said.stderr.contains(words)) {
        return Err(text::disk_full(what));
    }
    Err(text::failed(what, &said.stderr))
}
