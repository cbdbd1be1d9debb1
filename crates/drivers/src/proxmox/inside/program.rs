//! Havre's own binary in a guest, for static sites.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use domain::ports::DriverError;
use sha2::{Digest, Sha256};

use super::enter::SHORT;
use super::files::done;
use super::pipe;
use super::shell::Shell;
use crate::local::shared::blocking;

const PROGRAM: &str = include_str!("scripts/program.sh");

/// Uploads it unless this very content is there; gives its path in the guest.
pub async fn upload(shell: &dyn Shell, exe: &Path) -> Result<String, DriverError> {
    let here = exe.to_owned();
    let hash = blocking(move || hash(&here).map_err(|error| unread(&here, error))).await?;
    let there = format!("/opt/havre/bin/havre-{hash}");
    let look = shell.run(&["test", "-x", &there], b"", SHORT).await?;
    if look.is_success() {
        return Ok(there);
    }
    let path = exe.to_owned();
    let take = ["/bin/sh", "-c", PROGRAM, "havre-program", "take", &there];
    let said = pipe::upload(shell, &take, move |out| {
        io::copy(&mut File::open(path)?, out).map(drop)
    });
    let said = said.await?;
    done("upload Havre's own program", said)?;
    // By its content: a connection that was cut leaves half of it.
    let name = [
        "/bin/sh",
        "-c",
        PROGRAM,
        "havre-program",
        "name",
        &there,
        &hash,
    ];
    let said = shell.run(&name, b"", SHORT).await?;
    done("upload Havre's own program", said)?;
    Ok(there)
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..length]);
    }
}

fn unread(path: &Path, error: io::Error) -> DriverError {
    DriverError::other(format!("read {}", path.display()), error)
}
