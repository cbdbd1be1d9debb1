//! Between file work, which blocks, and a connection, which does not: a short pipe, so that memory stays what it is however
//! much goes through.

use std::io::{self, Read, Write};

use domain::ports::DriverError;
use tokio::io::{DuplexStream, duplex};
use tokio_util::io::SyncIoBridge;

use super::shell::{Said, Shell};
use crate::text::inside as text;

/// What is on its way at a time.
const ROOM: usize = 256 * 1024;

/// Runs a command that reads what `write` writes. When `write` fails, that is the error.
///
/// # Errors
/// As [`Shell::upload`].
pub async fn upload(
    shell: &dyn Shell,
    argv: &[&str],
    write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> Result<Said, DriverError> {
    let (near, far) = duplex(ROOM);
    let work = tokio::task::spawn_blocking(move || writing(near, write));
    let said = shell.upload(argv, Box::pin(far)).await;
    let wrote = work
        .await
        .unwrap_or_else(|dead| Err(io::Error::other(dead)));
    match (wrote, said) {
        // The command stopped reading: it knows why.
        (Err(error), Ok(said)) if is_unread(&error) => Ok(said),
        (Err(error), Err(failed)) if is_unread(&error) => Err(failed),
        (Err(error), _) => Err(text::cannot_read_here(error)),
        (Ok(()), said) => said,
    }
}

fn writing(
    near: DuplexStream,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(64 * 1024, SyncIoBridge::new(near));
    write(&mut out)?;
    out.flush()?;
    let bridge = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    drop(bridge);
    Ok(())
}

fn is_unread(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Runs a command and gives what it prints to `read`, whose result counts once the command has ended well.
///
/// # Errors
/// As [`Shell::download`]; the error of `read` when the command itself did not fail.
pub async fn download<T: Send + 'static>(
    shell: &dyn Shell,
    argv: &[&str],
    read: impl FnOnce(&mut dyn Read) -> Result<T, DriverError> + Send + 'static,
) -> Result<(Said, Result<T, DriverError>), DriverError> {
    let (near, far) = duplex(ROOM);
    let work = tokio::task::spawn_blocking(move || {
        let mut bridge = SyncIoBridge::new(near);
        read(&mut bridge)
    });
    let said = shell.download(argv, Box::pin(far)).await;
    let read = work
        .await
        .unwrap_or_else(|dead| Err(DriverError::other("read what a guest sends", dead)));
    match (said, read) {
        // It was the reader that gave up, and the writer only noticed.
        (Err(_), Err(error)) => Err(error),
        (Err(error), Ok(_)) => Err(error),
        (Ok(said), read) => Ok((said, read)),
    }
}
